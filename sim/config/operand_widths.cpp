#include "sim/config/operand_widths.hpp"

#include <fmt/format.h>

#include "sim/base/config_map.hpp"

namespace turnpike::config {

OperandWidths parse_widths(const ConfigNode& node, const std::string& name, const KeyFacts& facts) {
  const auto low = static_cast<long>(facts.low);
  const auto high = static_cast<long>(facts.high);
  if (node.kind == ConfigNode::Kind::mapping) {
    ConfigMap map{node, name};
    const OperandWidths widths{static_cast<int>(map.get_int("weight", low, high)),
                               static_cast<int>(map.get_int("activation", low, high))};
    map.finish();
    return widths;
  }
  const int bits = static_cast<int>(parse_int(node, name, low, high));
  return {bits, bits};
}

std::string shown(const OperandWidths& widths) {
  return widths.weight == widths.activation
             ? fmt::format("{}", widths.weight)
             : fmt::format("{{weight: {}, activation: {}}}", widths.weight, widths.activation);
}

std::optional<OperandWidths> key::read_widths(ConfigMap& map, const KeyFacts& facts) {
  const ConfigNode* node = value_of(map, facts);
  return node == nullptr ? std::nullopt
                         : std::optional{parse_widths(*node, std::string{facts.name}, facts)};
}

}  // namespace turnpike::config
