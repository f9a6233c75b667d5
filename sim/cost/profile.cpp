#include "sim/cost/profile.hpp"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sim/base/error.hpp"
#include "sim/cost/psum_cost.hpp"

namespace turnpike::cost {
namespace {

constexpr std::array<std::string_view, 4> kClockRules = {"none", "flip_flops", "constant",
                                                         "proportional"};
constexpr std::array<std::string_view, kGroups> kGroupNames = {"logic", "spads",   "noc", "glb",
                                                               "clock", "leakage", "dram"};

Range read_band(ConfigMap& map, const std::string& key) {
  const ConfigNode& node = map.get_node(key);
  if (node.kind != ConfigNode::Kind::sequence || node.items.size() != 2) {
    map.fail(key, fmt::format("'{}' must be [low, high], factors around 1", key));
  }
  const Range band{parse_double(node.items[0], key, 1e-3, 1.0),
                   parse_double(node.items[1], key, 1.0, 1e3)};
  return band;
}

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

std::string_view to_string(ClockRule rule) {
  return kClockRules.at(static_cast<std::size_t>(rule));
}

std::string_view to_string(Group group) {
  return kGroupNames.at(static_cast<std::size_t>(group));
}

Group group_of(Component component) {
  switch (component) {
    case Component::mac:
    case Component::pe_control:
    case Component::post:
    case Component::rlc:
    case Component::controller:
      return Group::logic;
    case Component::ifmap_spad:
    case Component::filter_spad:
    case Component::psum_spad:
      return Group::spads;
    case Component::pe_fifo:
    case Component::pe_link:
    case Component::noc:
      return Group::noc;
    case Component::glb:
    case Component::glb_filter:
      return Group::glb;
    case Component::clock:
      return Group::clock;
    case Component::leakage:
      return Group::leakage;
    case Component::dram:
      return Group::dram;
  }
  throw InternalError{"a component without an uncertainty group"};
}

CostPolicy CostPolicy::read(ConfigMap& top) {
  ConfigMap map = top.get_map("cost");
  CostPolicy policy;
  const std::string rule = map.get_choice("clock", {kClockRules.begin(), kClockRules.end()});
  policy.clock = static_cast<ClockRule>(std::find(kClockRules.begin(), kClockRules.end(), rule) -
                                        kClockRules.begin());
  policy.clock_factor = map.get_double("clock_factor", 0.0, 10.0);
  policy.idle_pe_clock = map.get_double("idle_pe_clock", 0.0, 1.0);
  policy.access_clock = map.get_bool("access_clock");
  policy.control = map.get_bool("control");
  policy.leakage = map.get_bool("leakage");
  policy.dram_background = map.get_bool("dram_background");
  policy.first_last_area = map.get_bool("first_last_area");
  policy.energy_table = map.opt_string("energy_table");
  policy.area_table = map.opt_string("area_table");
  if (policy.access_clock && policy.clock != ClockRule::none) {
    map.fail("access_clock",
             "'access_clock' is true although 'clock' charges the clock per cycle: the clock pins "
             "would be paid for twice");
  }
  ConfigMap bands = map.get_map("uncertainty");
  for (int i = 0; i < kGroups; ++i) {
    const auto group = static_cast<std::size_t>(i);
    policy.uncertainty[group] = read_band(bands, std::string{kGroupNames[group]});
  }
  bands.finish();
  map.finish();
  return policy;
}

namespace {

/// The same wherever the file lies: a run directory keeps a copy.
std::string file_name(const std::string& path) {
  return std::filesystem::path{path}.filename().string();
}

}  // namespace

std::string policy_line(const PolicyContext& context, const CostPolicy& policy) {
  std::string clock = "no clock";
  if (policy.clock != ClockRule::none) {
    clock = fmt::format("clock {} x {}", to_string(policy.clock), policy.clock_factor);
  } else if (policy.access_clock) {
    clock = "clock inside accesses only";
  }
  return fmt::format(
      "profile {}: psum {}; first/last layer {}{}; {}; control {}; leakage {}; DRAM {}, standby "
      "{}; feature maps {}{}{}{}",
      context.profile, context.psum, context.first_last,
      policy.first_last_area ? " with their area" : "", clock, policy.control ? "in" : "out",
      policy.leakage ? "in" : "out", context.dram, policy.dram_background ? "in" : "out",
      context.feature_maps,
      context.departures.empty()
          ? ""
          : fmt::format("; departs: {}", fmt::join(context.departures, ", ")),
      policy.energy_table ? "; energies replaced by " + file_name(*policy.energy_table) : "",
      policy.area_table ? "; areas replaced by " + file_name(*policy.area_table) : "");
}

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

}  // namespace turnpike::cost
