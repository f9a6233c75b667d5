#include "tests/smoke/program.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace turnpike::smoke {
namespace {

std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) {
    out += c == '\'' ? std::string{"'\\''"} : std::string(1, c);
  }
  return out + "'";
}

std::filesystem::path folder() {
  return std::filesystem::temp_directory_path() / fmt::format("turnpike-smoke-{}", ::getpid());
}

/// Removes the scratch folder when the test program ends.
class Cleaner : public testing::Environment {
 public:
  void TearDown() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder(), ignored);
  }
};
const auto* const kCleaner = testing::AddGlobalTestEnvironment(new Cleaner);

}  // namespace

std::string scratch(const std::string& name) {
  std::filesystem::create_directories(folder());
  return (folder() / name).string();
}

std::string repository(const std::string& path) {
  return std::string{TURNPIKE_SOURCE_DIR} + "/" + path;
}

std::string bytes_of(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

std::string put(const std::string& name, const std::string& bytes) {
  const std::string path = scratch(name);
  std::ofstream{path, std::ios::binary | std::ios::trunc} << bytes;
  return path;
}

Outcome turnpike(const std::vector<std::string>& arguments) {
  const std::string out = scratch("stdout");
  const std::string err = scratch("stderr");
  std::string line =
      fmt::format("XDG_CACHE_HOME={} {}", quoted(scratch("cache")), quoted(TURNPIKE_PROGRAM));
  for (const std::string& argument : arguments) {
    line += ' ' + quoted(argument);
  }
  line += fmt::format(" >{} 2>{} </dev/null", quoted(out), quoted(err));
  const int status = std::system(line.c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, bytes_of(out), bytes_of(err)};
}

Outcome shell(const std::string& folder, const std::string& line) {
  const std::string out = scratch("stdout");
  const std::string err = scratch("stderr");
  const std::string program_folder = std::filesystem::path{TURNPIKE_PROGRAM}.parent_path().string();
  const std::string whole = fmt::format(
      "cd {} && PATH={}:$PATH XDG_CACHE_HOME={} sh -c {} >{} 2>{} </dev/null", quoted(folder),
      quoted(program_folder), quoted(scratch("cache")), quoted(line), quoted(out), quoted(err));
  const int status = std::system(whole.c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, bytes_of(out), bytes_of(err)};
}

std::string accelerator() {
  return repository("configs/accelerators/precision-highway.yaml");
}

std::string changed_accelerator(const std::string& from, const std::string& to) {
  std::string text = bytes_of(accelerator());
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  text.replace(at, from.size(), to);
  return put("changed.yaml", text);
}

void expect_refused(const std::vector<std::string>& arguments, int code, const std::string& part) {
  const Outcome outcome = turnpike(arguments);
  EXPECT_EQ(outcome.code, code) << outcome.err;
  EXPECT_EQ(outcome.out, "");
  EXPECT_NE(outcome.err.find(part), std::string::npos)
      << "  message: " << outcome.err << "\n  expected: " << part;
  EXPECT_EQ(outcome.err.find("please report"), std::string::npos) << "not our bug: " << outcome.err;
}

}  // namespace turnpike::smoke
