#include "sim/config/layers.hpp"

#include <fmt/format.h>

#include "sim/base/config_map.hpp"

namespace turnpike::config {

void read_overrides(ConfigMap& map, const KeyFacts& facts, LayersConfig& layers) {
  if (auto overrides = map.opt_map(std::string{facts.name})) {
    layers.overrides.clear();
    for (const std::string& pattern : overrides->keys()) {
      layers.overrides.push_back(
          {pattern, parse_widths(overrides->get_node(pattern), pattern, facts)});
    }
    overrides->finish();
  }
}

std::string shown_overrides(const LayersConfig& layers) {
  std::string out;
  for (const LayerOverride& each : layers.overrides) {
    out += fmt::format("{}\"{}\": {}", out.empty() ? "" : ", ", each.pattern, shown(each.widths));
  }
  return '{' + out + '}';
}

}  // namespace turnpike::config
