#include "sim/config/psum.hpp"

#include <fmt/format.h>

#include "sim/base/config_map.hpp"

namespace turnpike::config {

PsumCost read_psum_cost(const ConfigNode& node) {
  if (node.kind == ConfigNode::Kind::scalar && node.scalar == "overflow_free") {
    return {PsumCost::Rule::overflow_free, 16};
  }
  if (node.kind == ConfigNode::Kind::scalar && node.scalar == "scaled") {
    return {PsumCost::Rule::scaled, 16};
  }
  if (node.kind != ConfigNode::Kind::scalar || node.scalar.empty() || node.scalar[0] < '0' ||
      node.scalar[0] > '9') {
    throw InputError{node.spot, fmt::format("'psum.cost_bits' must be overflow_free, scaled or a "
                                            "number of bits, not '{}'",
                                            node.scalar)};
  }
  return {PsumCost::Rule::fixed, static_cast<int>(parse_int(node, "psum.cost_bits", 1, 64))};
}

std::string to_string(const PsumCost& cost) {
  switch (cost.rule) {
    case PsumCost::Rule::fixed:
      return fmt::format("{} bit", cost.bits);
    case PsumCost::Rule::overflow_free:
      return "overflow-free";
    case PsumCost::Rule::scaled:
      return "scaled with the operands";
  }
  return "";
}

}  // namespace turnpike::config
