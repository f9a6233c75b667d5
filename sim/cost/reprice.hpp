#pragma once

#include <string>
#include <vector>

#include "sim/base/config_node.hpp"

namespace turnpike::cost {

/// What changing a configuration key does to a finished run.
enum class KeyEffect {
  price,     ///< stored counts can be priced anew
  cycles,    ///< other cycles or other counts: simulate again
  function,  ///< other numbers come out: another trace, too
};

/// The effect of the key with this dotted name, e.g. "psum.cost_bits" -> cycles.
///
/// psum.cost_bits is `cycles` although it computes nothing: psum lines of the GLB, and whether
/// feature maps still fit beside them, follow it. dram.device changes timing. Keys not listed count
/// as `cycles`, the safe answer.
[[nodiscard]] KeyEffect effect_of(const std::string& key);

/// Keys of two configurations that differ, as dotted names, in order.
[[nodiscard]] std::vector<std::string> differing_keys(const ConfigNode& a, const ConfigNode& b);

/// Checks that a run made with `simulated` may be priced as `wanted`: InputError naming the first
/// key whose change needs a new simulation.
void check_repricing(const ConfigNode& simulated, const ConfigNode& wanted);

}  // namespace turnpike::cost
