#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace turnpike {

/// Where in an input a value stands: `file` is a path, or an option such as "--set precision=2".
/// line and column count from 1; 0 means unknown and is not printed.
struct SourceSpot {
  std::string file;
  int line = 0;
  int column = 0;
};

/// "file:line:column", leaving out what is unknown.
[[nodiscard]] std::string to_string(const SourceSpot& spot);

/// Exit codes of the command line (docs/cli.md).
enum class ExitCode : int {
  ok = 0,
  check_failed = 1,
  configuration = 2,  ///< usage, a wrong key or value, no legal mapping
  input_file = 3,     ///< a missing, unreadable, damaged or unsupported file
  internal = 4,
  interrupted = 130,
};

/// The user's input is wrong: the message says where, what, and what would be right. Thrown only
/// outside the SystemC kernel, which would turn it into an sc_report and lose its type.
class InputError : public std::runtime_error {
 public:
  InputError(const SourceSpot& spot, std::string_view what,
             ExitCode exit_code = ExitCode::configuration);

  [[nodiscard]] ExitCode exit_code() const { return exit_code_; }

 protected:
  InputError(const InputError& found, ExitCode exit_code)
      : std::runtime_error{found}, exit_code_{exit_code} {}

 private:
  ExitCode exit_code_;
};

/// A file that is missing, unreadable, damaged or of an unsupported kind: exit code 3.
class FileError : public InputError {
 public:
  FileError(const SourceSpot& spot, std::string_view what)
      : InputError{spot, what, ExitCode::input_file} {}
  /// The same fault, found in a file that is not the user's configuration.
  explicit FileError(const InputError& found) : InputError{found, ExitCode::input_file} {}
};

/// The program is wrong: a broken invariant. Never caught except by main and the tests.
class InternalError : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

[[noreturn]] void fail_invariant(std::string_view what, const char* file, int line);

/// Checks an invariant in all build types. The builtins stand in for std::source_location, which
/// clang-tidy 14 cannot parse.
inline void ensure(bool ok, std::string_view what, const char* file = __builtin_FILE(),
                   int line = __builtin_LINE()) {
  if (!ok) {
    fail_invariant(what, file, line);
  }
}

}  // namespace turnpike
