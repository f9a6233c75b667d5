#pragma once

#include <string>
#include <vector>

#include "sim/sweep/point_result.hpp"

namespace turnpike::sweep {

/// What an architect asks first, in 80 columns: cycles, energy, area, what the highway adds to the
/// same point without it, and status of every point.
[[nodiscard]] std::string sweep_summary(const std::vector<PointResult>& points);

}  // namespace turnpike::sweep
