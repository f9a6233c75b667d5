#include "sim/base/error.hpp"

#include <fmt/format.h>

#include "sim/base/printable.hpp"

namespace turnpike {

std::string to_string(const SourceSpot& spot) {
  if (spot.line == 0) {
    return spot.file;
  }
  return spot.column == 0 ? fmt::format("{}:{}", spot.file, spot.line)
                          : fmt::format("{}:{}:{}", spot.file, spot.line, spot.column);
}

InputError::InputError(const SourceSpot& spot, std::string_view what, ExitCode exit_code)
    : std::runtime_error{printable(fmt::format("{}: {}", to_string(spot), what))},
      exit_code_{exit_code} {}

void fail_invariant(std::string_view what, const char* file, int line) {
  throw InternalError{fmt::format("{}:{}: broken invariant: {}", file, line, what)};
}

}  // namespace turnpike
