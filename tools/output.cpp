#include "tools/output.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>

#include <fmt/format.h>

#include "sim/base/error.hpp"
#include "sim/base/printable.hpp"

namespace turnpike::tools {
namespace {

/// What cannot be written is seen when all is printed.
void put_on_stdout(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
}

}  // namespace

void print_text(const CommonOptions& common, const std::string& text) {
  const std::string safe = printable_lines(text);
  put_on_stdout(common.wide ? safe : wrapped(safe, report::kStandardColumns));
}

void print_json(const std::string& json) {
  put_on_stdout(printable_json(json) + (json.ends_with('\n') ? "" : "\n"));
}

void print_note(const CommonOptions& common, const std::string& text) {
  if (!common.quiet) {
    put_on_stderr(printable(text) + '\n');
  }
}

void print_error(const std::string& text) {
  put_on_stderr("turnpike: " + printable(text) + '\n');
}

void put_on_stderr(const std::string& text) noexcept {
  std::fputs(text.c_str(), stderr);
  std::fflush(stderr);
}

int code_after_output(int code) {
  errno = 0;
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) {
    return code;
  }
  print_error(fmt::format("stdout: cannot be written{}{}", errno == 0 ? "" : ": ",
                          errno == 0 ? "" : std::strerror(errno)));
  const bool said =
      code == static_cast<int>(ExitCode::ok) || code == static_cast<int>(ExitCode::check_failed);
  return said ? static_cast<int>(ExitCode::input_file) : code;
}

}  // namespace turnpike::tools
