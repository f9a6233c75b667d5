#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/base/config_node.hpp"
#include "sim/base/error.hpp"
#include "sim/config/accelerator_config.hpp"

/// The origins of a configuration, and who wins.
namespace turnpike::config {

/// Where configuration files are looked for besides the given path: the repository's or the
/// installation's configs/ folder.
struct ConfigSources {
  std::string accelerator_file;
  std::string config_root;             ///< folder with profiles/ and technology/
  std::optional<std::string> profile;  ///< --profile
  std::vector<std::string> settings;   ///< --set key=value, in order
};

/// Built-in default < the profile the file names < the file's own keys < `profile` < `settings`.
/// The file, each profile and the whole are read strictly before anything is laid over anything.
/// InputError with the spot of the origin that is wrong.
[[nodiscard]] AcceleratorConfig load_accelerator(const ConfigSources& sources);

/// Lays what a user chose over a configuration: the profile (the last `profile=` of `settings`,
/// else `profile`), then the settings. InputError for a profile that is wrong and for a key set
/// twice.
void lay_choices(ConfigNode& node, const std::optional<std::string>& profile,
                 const std::vector<std::string>& settings, const std::string& config_root);

/// Keys whose value is not that of the configuration's profile.
[[nodiscard]] std::vector<std::string> departures(const AcceleratorConfig& config);

/// InputError if highway.bits or highway.storage was set by --set or by a point of a sweep although
/// the machine has no highway: it would change nothing. A file may state them for when it has one.
void check_highway_settings(const AcceleratorConfig& config);

/// Path of a profile: a file as given, or <config_root>/profiles/<name>.yaml. InputError at `spot`
/// if there is none of that name.
[[nodiscard]] std::string profile_path(const std::string& name, const std::string& config_root,
                                       const SourceSpot& spot = {});

}  // namespace turnpike::config
