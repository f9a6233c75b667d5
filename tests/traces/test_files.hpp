#pragma once

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "sim/base/error.hpp"
#include "traces/npz.hpp"
#include "traces/trace_file.hpp"

/// Files of the tests: samples of the repository, and a scratch folder per process.
namespace turnpike::traces::test {

inline std::string sample(const std::string& name) {
  return std::string{TURNPIKE_SOURCE_DIR} + "/traces/samples/" + name;
}

/// The sample with residual blocks.
inline const Trace& residual() {
  static const Trace kTrace = read_trace(sample("tiny_residual.npz"));
  return kTrace;
}

/// Every array of an archive, in archive order.
inline NamedTensors read_npz(const std::string& path) {
  const NpzFile file = NpzFile::open(path);
  NamedTensors tensors;
  for (const std::string& name : file.names()) {
    tensors.emplace_back(name, file.tensor(name));
  }
  return tensors;
}

/// A path in a folder of this process.
inline std::string scratch(const std::string& name) {
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / fmt::format("turnpike-traces-{}", ::getpid());
  std::filesystem::create_directories(folder);
  return (folder / name).string();
}

inline std::string bytes_of(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

inline std::string put(const std::string& name, std::string_view bytes) {
  const std::string path = scratch(name);
  std::ofstream{path, std::ios::binary | std::ios::trunc} << bytes;
  return path;
}

/// Runs `action` and expects a FileError whose message contains `part`.
template <class Action>
void expect_file_error(Action action, std::string_view part) {
  try {
    action();
    ADD_FAILURE() << "no error; expected one with: " << part;
  } catch (const FileError& error) {
    EXPECT_NE(std::string_view{error.what()}.find(part), std::string_view::npos)
        << "  message: " << error.what() << "\n  expected: " << part;
  }
}

/// Empties the scratch folder when the program ends.
class ScratchCleaner : public testing::Environment {
 public:
  void TearDown() override {
    std::error_code ignored;
    std::filesystem::remove_all(std::filesystem::path{scratch("x")}.parent_path(), ignored);
  }
};

}  // namespace turnpike::traces::test
