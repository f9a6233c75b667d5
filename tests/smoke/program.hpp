#pragma once

#include <string>
#include <vector>

/// Runs the built program as a user would.
namespace turnpike::smoke {

struct Outcome {
  int code = -1;
  std::string out;
  std::string err;
};

/// `turnpike arguments...`, with a cache folder of the test's own.
[[nodiscard]] Outcome turnpike(const std::vector<std::string>& arguments);

/// `line` in a shell whose current folder is `folder` and where `turnpike` is on PATH.
[[nodiscard]] Outcome shell(const std::string& folder, const std::string& line);

/// A path in a folder of this test process; the folder is there, the path is not.
[[nodiscard]] std::string scratch(const std::string& name);
/// A file of the repository.
[[nodiscard]] std::string repository(const std::string& path);
[[nodiscard]] std::string bytes_of(const std::string& path);
/// Writes a scratch file; returns its path.
std::string put(const std::string& name, const std::string& bytes);

/// The paper's accelerator, for most of the tests.
[[nodiscard]] std::string accelerator();
/// Its text with `from` replaced by `to`, as a scratch file.
[[nodiscard]] std::string changed_accelerator(const std::string& from, const std::string& to);

/// Expects this exit code, nothing on stdout, and `part` in the message.
void expect_refused(const std::vector<std::string>& arguments, int code, const std::string& part);

/// A run of the LSTM with `more` behind it.
inline std::vector<std::string> lstm(const std::vector<std::string>& more) {
  std::vector<std::string> arguments{"run", accelerator(), "--network", "zoo:lstm300"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

}  // namespace turnpike::smoke
