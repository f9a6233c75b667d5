#include "sim/config/profile.hpp"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "sim/base/config_map.hpp"
#include "sim/base/error.hpp"
#include "sim/config/cost_policy.hpp"
#include "sim/config/psum.hpp"

namespace turnpike::config {
namespace {

/// A profile sets prices and the policies named here, nothing of the machine.
void check_overlay(ConfigMap& map) {
  if (auto psum = map.opt_map("psum")) {
    if (const ConfigNode* bits = psum->opt_node("cost_bits")) {
      static_cast<void>(read_psum_cost(*bits));
    }
    psum->finish();
  }
  if (auto layers = map.opt_map("layers")) {
    static_cast<void>(layers->opt_choice(
        "first_last", {"same", "native16", "composed", "composed8", "excluded"}));
    layers->finish();
  }
  if (auto dram = map.opt_map("dram")) {
    static_cast<void>(dram->opt_string("device"));
    dram->finish();
  }
  static_cast<void>(map.opt_choice("feature_maps", {"keep", "spill"}));
  static_cast<void>(CostPolicy::read(map));
}

/// The `source` mapping of a profile: dotted key -> a command or a publication.
std::map<std::string, std::string> read_sources(ConfigMap& top, const ConfigNode& profile) {
  std::map<std::string, std::string> sources;
  auto map = top.opt_map("source");
  if (!map) {
    return sources;
  }
  for (const std::string& key : map->keys()) {
    const ConfigNode* at = &profile;
    for (std::size_t from = 0, dot = 0; at != nullptr && dot != std::string::npos; from = dot + 1) {
      dot = key.find('.', from);
      at = at->find(key.substr(from, dot - from));
    }
    if (at == nullptr) {
      map->fail(key, fmt::format("states a source, but this profile sets no key '{}'", key));
    }
    sources.emplace(key, map->get_string(key));
  }
  map->finish();
  return sources;
}

}  // namespace

Profile Profile::load(const std::string& path) {
  Profile profile;
  ConfigNode node = ConfigNode::from_file(path);
  ConfigMap map{node, "(top)"};
  static_cast<void>(map.get_choice("schema", {"turnpike-profile/1"}));
  profile.name = map.get_string("name");
  profile.description = map.get_string("description");
  profile.sources = read_sources(map, node);
  check_overlay(map);
  map.finish();
  std::erase_if(node.entries, [](const ConfigNode::Entry& entry) {
    return entry.first == "schema" || entry.first == "name" || entry.first == "description" ||
           entry.first == "source";
  });
  profile.overlay = std::move(node);
  return profile;
}

std::vector<std::string> Profile::names_in(const std::string& directory) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator{directory, error}) {
    if (entry.path().extension() == ".yaml") {
      names.push_back(entry.path().stem().string());
    }
  }
  if (error) {
    throw FileError{{directory, 0, 0}, "is no directory of profiles"};
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace turnpike::config
