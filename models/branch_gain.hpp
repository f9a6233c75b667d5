#pragma once

#include <map>
#include <string>

#include "models/network.hpp"

namespace turnpike::models {

/// Adds that synthetic values pass before their growth is damped.
inline constexpr int kUndampedAdds = 64;

/// Factors on the synthetic weights of layers whose sums an add takes up, by name; 1 for those that
/// are not in the map.
///
/// Every residual block adds the variance of its branch to that of its skip, so values grow
/// geometrically with depth and leave float32 after some 300 blocks. From the 65th add along a path
/// on, a branch has the gain 1 / sqrt(number of adds beyond 64): growth is a power of the depth, as
/// with the initialisations of very deep nets (Zhang et al. 2019, "Fixup", scale branches by depth,
/// too). Shallower networks are not touched.
[[nodiscard]] std::map<std::string, double> branch_gains(const Network& network);

}  // namespace turnpike::models
