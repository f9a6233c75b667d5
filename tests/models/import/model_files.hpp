#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

/// Model files of the import tests.
namespace turnpike::models::test {

inline const std::string kModels =
    std::string{TURNPIKE_SOURCE_DIR} + "/tests/models/import/models/";

inline std::string bytes_of(const std::filesystem::path& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

}  // namespace turnpike::models::test
