#include "sim/config/sources.hpp"

#include <algorithm>
#include <filesystem>
#include <map>

#include <fmt/format.h>

#include "sim/base/config_map.hpp"
#include "sim/base/text.hpp"
#include "sim/config/cost_policy.hpp"
#include "sim/config/profile.hpp"

namespace turnpike::config {
namespace {

namespace fs = std::filesystem;

/// Reads a configuration with all a run needs, prices included.
AcceleratorConfig read_whole(const ConfigNode& merged) {
  AcceleratorConfig config = read_accelerator(merged);
  ConfigMap top{config.resolved, "(top)"};
  static_cast<void>(CostPolicy::read(top));
  return config;
}

ConfigNode read_file(const std::string& path) {
  ConfigNode file = ConfigNode::from_file(path);
  if (file.kind != ConfigNode::Kind::mapping) {
    throw InputError{{path, 0, 0}, "must be a mapping of keys"};
  }
  ConfigMap top{file, "(top)"};
  static_cast<void>(top.get_choice("schema", {"turnpike-accelerator/1"}));
  return file;
}

/// Does this profile lie in the file `path`?
bool lies_in(const std::string& profile, const std::string& path) {
  const fs::path file{path};
  return path == profile || (file.stem() == profile && file.parent_path().filename() == "profiles");
}

void collect_departures(const ConfigNode& node, const std::string& name, const std::string& profile,
                        std::vector<std::string>& out) {
  for (const auto& [key, value] : node.entries) {
    collect_departures(value, name.empty() ? key : name + "." + key, profile, out);
  }
  const auto told = std::find_if(
      node.replaced.begin(), node.replaced.end(),
      [&](const ConfigNode::Replaced& old) { return lies_in(profile, old.spot.file); });
  if (told == node.replaced.end() || lies_in(profile, node.spot.file) ||
      told->value == node.flow_text()) {
    return;
  }
  out.push_back(name);
}

}  // namespace

std::string profile_path(const std::string& name, const std::string& config_root,
                         const SourceSpot& spot) {
  if (name.find('/') != std::string::npos || name.ends_with(".yaml")) {
    return name;
  }
  const fs::path folder = fs::path{config_root} / "profiles";
  const fs::path path = folder / (name + ".yaml");
  std::error_code error;
  if (!fs::exists(path, error)) {
    std::vector<std::string> known;
    for (const auto& entry : fs::directory_iterator{folder, error}) {
      known.push_back(entry.path().stem().string());
    }
    const SourceSpot at = spot.file.empty() ? SourceSpot{"profile '" + name + "'", 0, 0} : spot;
    throw InputError{
        at, (spot.file.empty() ? "is unknown" : fmt::format("profile '{}' is unknown", name)) +
                suggestion(name, known)};
  }
  return path.string();
}

void lay_choices(ConfigNode& node, const std::optional<std::string>& profile,
                 const std::vector<std::string>& settings, const std::string& config_root) {
  std::map<std::string, std::string> set;
  for (const std::string& setting : settings) {
    const std::string key = assigned_key(setting);
    const auto [first, once] = set.emplace(key, setting);
    if (!once) {
      throw InputError{{"--set " + setting, 0, 0},
                       fmt::format("'{}' is set already, by {}", key, first->second)};
    }
  }
  std::optional<std::string> chosen = profile;
  if (const auto found = set.find("profile"); found != set.end()) {
    chosen = found->second.substr(found->second.find('=') + 1);
  }
  if (chosen) {
    const SourceSpot spot{(set.contains("profile") ? "--set profile=" : "--profile ") + *chosen, 0,
                          0};
    node.merge(Profile::load(profile_path(*chosen, config_root, spot)).overlay);
    ConfigNode name;
    name.kind = ConfigNode::Kind::scalar;
    name.scalar = *chosen;
    name.spot = name.key_spot = spot;
    ConfigNode over;
    over.kind = ConfigNode::Kind::mapping;
    over.entries.emplace_back("profile", std::move(name));
    node.merge(over);
  }
  for (const std::string& setting : settings) {
    if (!setting.starts_with("profile=")) {
      node.set(setting);
    }
  }
}

std::vector<std::string> departures(const AcceleratorConfig& config) {
  std::vector<std::string> out;
  collect_departures(config.resolved, "", config.profile, out);
  return out;
}

void check_highway_settings(const AcceleratorConfig& config) {
  const ConfigNode* highway = config.resolved.find("highway");
  if (config.highway.enabled || highway == nullptr) {
    return;
  }
  for (const char* const key : {"bits", "storage", "edges"}) {
    const ConfigNode* value = highway->find(key);
    if (value != nullptr && value->spot.file.starts_with("--set ")) {
      throw InputError{value->spot,
                       fmt::format("'highway.{}' changes nothing while 'highway.enabled' is false; "
                                   "add highway.enabled=true, or leave it out",
                                   key)};
    }
  }
}

AcceleratorConfig load_accelerator(const ConfigSources& sources) {
  ConfigNode merged = read_file(sources.accelerator_file);
  ConfigMap top{merged, "(top)"};
  const std::string own = top.opt_string("profile").value_or(AcceleratorConfig{}.profile);
  const SourceSpot spot = top.has("profile") ? top.spot("profile") : SourceSpot{};
  merged.fill_from(Profile::load(profile_path(own, sources.config_root, spot)).overlay);
  AcceleratorConfig config = read_whole(merged);  // what --set replaces must be right, too
  if (sources.profile || !sources.settings.empty()) {
    lay_choices(merged, sources.profile, sources.settings, sources.config_root);
    config = read_whole(merged);
  }
  return config;
}

}  // namespace turnpike::config
