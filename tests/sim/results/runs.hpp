#pragma once

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "sim/config/sources.hpp"
#include "sim/results/result_files.hpp"
#include "sim/results/run_directory.hpp"
#include "sim/results/stored_run.hpp"
#include "sim/run/run.hpp"

/// Small finished runs for the tests of stored ones.
namespace turnpike::results::test {

inline std::string config_root() {
  return std::string{TURNPIKE_SOURCE_DIR} + "/configs";
}

/// A path in a folder of this process.
inline std::string scratch(const std::string& name) {
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / fmt::format("turnpike-report-{}", ::getpid());
  std::filesystem::create_directories(folder);
  return (folder / name).string();
}

inline std::string bytes_of(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

inline void put(const std::string& path, const std::string& bytes) {
  std::ofstream{path, std::ios::binary | std::ios::trunc} << bytes;
}

/// A sample trace, a zoo network or a file (an absolute path) on the paper's accelerator.
inline pricing::PricedRun run_of(const std::string& network,
                                 const std::vector<std::string>& settings = {}) {
  const config::ConfigSources sources{
      config_root() + "/accelerators/precision-highway.yaml", config_root(), {}, settings};
  const std::string name = network.starts_with("zoo:") || network.starts_with("/")
                               ? network
                               : std::string{TURNPIKE_SOURCE_DIR} + "/traces/samples/" + network;
  RunOptions options;
  options.config_root = config_root();
  return turnpike::run(config::load_accelerator(sources), Workload::open(name), options);
}

/// Its run directory.
inline std::string stored(const std::string& name, const pricing::PricedRun& run) {
  const std::string directory = scratch(name);
  write_run_directory(directory, run, {"test", {"run"}, "memo", {}, 1.0});
  return directory;
}

/// The same as a version that stored no digests would have left it.
inline std::string stored_without_digests(const std::string& name, const pricing::PricedRun& run) {
  std::string directory = stored(name, run);
  std::string record = bytes_of(directory + "/run.json");
  for (const auto& [begin, end] :
       {std::pair{"\"files\": {", "},"}, std::pair{"\"inputs\": {", "},"},
        std::pair{"\"request\": [", "],"}}) {
    const std::size_t at = record.find(begin);
    record.erase(at, record.find(end, at) + 2 - at);
  }
  put(directory + "/run.json", record);
  return directory;
}

/// Removes the scratch folder after each test.
class Runs : public testing::Test {
 protected:
  void TearDown() override {
    std::error_code ignored;
    std::filesystem::remove_all(std::filesystem::path{scratch("x")}.parent_path(), ignored);
  }
};

}  // namespace turnpike::results::test
