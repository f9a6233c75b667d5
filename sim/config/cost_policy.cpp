#include "sim/config/cost_policy.hpp"

#include <fmt/format.h>

namespace turnpike::config {
namespace {

Range read_band(ConfigMap& map, const std::string& key) {
  const ConfigNode& node = map.get_node(key);
  if (node.kind != ConfigNode::Kind::sequence || node.items.size() != 2) {
    map.fail(key, fmt::format("'{}' must be [low, high], factors around 1", key));
  }
  const Range band{parse_double(node.items[0], key, 1e-3, 1.0),
                   parse_double(node.items[1], key, 1.0, 1e3)};
  return band;
}

}  // namespace

CostPolicy CostPolicy::read(ConfigMap& top) {
  ConfigMap map = top.get_map("cost");
  CostPolicy policy;
  constexpr auto& kRules = ChoiceNames<ClockRule>::names;
  policy.clock = *choice_named<ClockRule>(map.get_choice("clock", {kRules.begin(), kRules.end()}));
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
    policy.uncertainty[group] = read_band(bands, std::string{to_string(static_cast<Group>(i))});
  }
  bands.finish();
  map.finish();
  return policy;
}

}  // namespace turnpike::config
