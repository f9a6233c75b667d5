#include "sim/config/psum.hpp"

#include <fmt/format.h>

#include "sim/base/config_map.hpp"

namespace turnpike::config {
namespace {

PsumCost parse_cost_bits(const ConfigNode& node, const KeyFacts& facts) {
  const bool scalar = node.kind == ConfigNode::Kind::scalar;
  if (const auto rule = choice_named<PsumCost::Rule>(node.scalar);
      scalar && rule && *rule != PsumCost::Rule::fixed) {
    return {*rule, 16};
  }
  if (!scalar || node.scalar.empty() || node.scalar[0] < '0' || node.scalar[0] > '9') {
    throw InputError{node.spot, fmt::format("'psum.cost_bits' must be overflow_free, scaled or a "
                                            "number of bits, not '{}'",
                                            node.scalar)};
  }
  return {PsumCost::Rule::fixed,
          static_cast<int>(parse_int(node, "psum.cost_bits", static_cast<long>(facts.low),
                                     static_cast<long>(facts.high)))};
}

}  // namespace

void read_cost_bits(ConfigMap& map, const KeyFacts& facts, PsumConfig& psum) {
  if (const ConfigNode* node = key::value_of(map, facts)) {
    psum.cost_bits = parse_cost_bits(*node, facts);
  }
}

std::string shown_cost_bits(const PsumConfig& psum) {
  return psum.cost_bits.rule == PsumCost::Rule::fixed ? fmt::format("{}", psum.cost_bits.bits)
                                                      : std::string{to_string(psum.cost_bits.rule)};
}

void read_arithmetic(ConfigMap& map, const KeyFacts& facts, PsumConfig& /*psum*/) {
  const ConfigNode* node = key::value_of(map, facts);
  if (node == nullptr) {
    return;
  }
  if (node->kind == ConfigNode::Kind::mapping) {
    throw InputError{node->spot,
                     "psum.arithmetic {saturate: ...} is not available in this version; use exact"};
  }
  if (node->scalar != kArithmetic[0]) {
    throw InputError{node->spot,
                     "'psum.arithmetic' must be exact or {saturate: bits, product_shift: bits}"};
  }
}

std::string shown_arithmetic(const PsumConfig& /*psum*/) {
  return std::string{kArithmetic[0]};
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
