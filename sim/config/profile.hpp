#pragma once

#include <map>
#include <string>
#include <vector>

#include "sim/base/config_node.hpp"
#include "sim/config/key.hpp"

namespace turnpike::config {

/// A named set of policies (schema turnpike-profile/1): a configuration overlay laid under the keys
/// of the accelerator file that names it, and over them if it is chosen on the command line.
struct Profile {
  std::string name;
  std::string description;
  std::map<std::string, std::string> sources;  ///< where a key's number comes from, by dotted key
  ConfigNode overlay;                          ///< psum, layers, dram, feature_maps, cost

  /// InputError for a key a profile may not set, a wrong `cost` mapping, or a source of a key the
  /// profile does not set.
  static Profile load(const std::string& path);
  /// Names of the profiles (*.yaml) in a directory, sorted. FileError if it is none.
  static std::vector<std::string> names_in(const std::string& directory);
};

/// Every key of a profile, in the order of the documentation.
[[nodiscard]] std::vector<KeyRow> profile_keys();

}  // namespace turnpike::config
