#include "tools/output.hpp"

#include <cstdio>

#include <fmt/format.h>

#include "sim/base/printable.hpp"

namespace turnpike::tools {

void print_text(const CommonOptions& common, const std::string& text) {
  const std::string safe = printable_lines(text);
  fmt::print("{}", common.wide ? safe : wrapped(safe, report::kStandardColumns));
}

void print_json(const std::string& json) {
  fmt::print("{}{}", printable_json(json), json.ends_with('\n') ? "" : "\n");
}

void print_note(const CommonOptions& common, const std::string& text) {
  if (!common.quiet) {
    fmt::print(stderr, "{}\n", printable(text));
  }
}

void print_error(const std::string& text) {
  fmt::print(stderr, "turnpike: {}\n", printable(text));
}

}  // namespace turnpike::tools
