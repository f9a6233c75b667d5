#include "tools/names.hpp"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "models/zoo.hpp"
#include "sim/base/error.hpp"
#include "sim/base/text.hpp"
#include "traces/other_formats.hpp"

namespace turnpike::tools {
namespace {

namespace fs = std::filesystem;

/// A word that can only be a name: no path, no file that is there, no known kind of file.
bool is_bare(const std::string& given) {
  std::error_code ignored;
  return !given.empty() && given.find('/') == std::string::npos &&
         fs::path{given}.extension() != ".yaml" && fs::path{given}.extension() != ".yml" &&
         fs::path{given}.extension() != ".npz" && traces::way_in(given).empty() &&
         !fs::exists(given, ignored);
}

std::string file_named(const std::string& given, const std::string& config_root,
                       const std::string& folder, const std::string& kind) {
  if (!is_bare(given)) {
    return given;
  }
  const std::vector<std::string> known = names_in(config_root, folder);
  if (std::find(known.begin(), known.end(), given) == known.end()) {
    throw FileError{{"'" + given + "'", 0, 0},
                    fmt::format("is no file, and no {} of {}/{}{}", kind, config_root, folder,
                                suggestion(given, known))};
  }
  return fmt::format("{}/{}/{}.yaml", config_root, folder, given);
}

}  // namespace

std::vector<std::string> names_in(const std::string& config_root, const std::string& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator{fs::path{config_root} / folder, error}) {
    if (entry.path().extension() == ".yaml") {
      names.push_back(entry.path().stem().string());
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string accelerator_file(const std::string& given, const std::string& config_root) {
  return file_named(given, config_root, "accelerators", "accelerator");
}

std::string sweep_file(const std::string& given, const std::string& config_root) {
  return file_named(given, config_root, "sweeps", "sweep");
}

std::string config_file(const std::string& given, const std::string& config_root) {
  if (!is_bare(given)) {
    return given;
  }
  std::vector<std::string> known;
  for (const std::string folder : {"accelerators", "sweeps", "networks", "profiles"}) {
    const std::vector<std::string> names = names_in(config_root, folder);
    if (std::find(names.begin(), names.end(), given) != names.end()) {
      return fmt::format("{}/{}/{}.yaml", config_root, folder, given);
    }
    known.insert(known.end(), names.begin(), names.end());
  }
  throw FileError{
      {"'" + given + "'", 0, 0},
      fmt::format("is no file, and no name in {}{}", config_root, suggestion(given, known))};
}

std::vector<std::string> network_names(const std::string& config_root) {
  std::vector<std::string> names;
  for (const std::string& name : models::zoo_names()) {
    names.push_back("zoo:" + name);
  }
  const std::vector<std::string> files = names_in(config_root, "networks");
  names.insert(names.end(), files.begin(), files.end());
  return names;
}

std::string network_source(const std::string& given, const std::string& config_root) {
  if (given.starts_with("zoo:") || !is_bare(given)) {
    return given;
  }
  const std::vector<std::string> files = names_in(config_root, "networks");
  if (std::find(files.begin(), files.end(), given) != files.end()) {
    return fmt::format("{}/networks/{}.yaml", config_root, given);
  }
  const std::vector<std::string> known = network_names(config_root);
  const bool built_in = std::find(known.begin(), known.end(), "zoo:" + given) != known.end();
  throw FileError{{"'" + given + "'", 0, 0},
                  built_in ? fmt::format("is no file; did you mean 'zoo:{}'?", given)
                           : "is no network, trace or file" + suggestion(given, known)};
}

}  // namespace turnpike::tools
