#pragma once

#include <string>

#include "sim/base/config_node.hpp"

namespace turnpike::config {

/// The width psums are priced and stored at (`psum.cost_bits`); never what they compute.
struct PsumCost {
  enum class Rule { fixed, overflow_free, scaled };
  Rule rule = Rule::fixed;
  int bits = 16;  ///< of `fixed`

  friend bool operator==(const PsumCost&, const PsumCost&) = default;
};

/// `psum`. Sums are exact whatever they cost (`psum.arithmetic: exact`).
struct PsumConfig {
  PsumCost cost_bits;

  friend bool operator==(const PsumConfig&, const PsumConfig&) = default;
};

/// Reads the value of `psum.cost_bits`. InputError at its spot.
[[nodiscard]] PsumCost read_psum_cost(const ConfigNode& node);

[[nodiscard]] std::string to_string(const PsumCost& cost);

}  // namespace turnpike::config
