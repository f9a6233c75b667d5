#pragma once

#include <string>
#include <vector>

#include "sim/sweep/point_result.hpp"

namespace turnpike::sweep {

/// The table of a sweep: area and energy by component for every point, percent against the 16-bit
/// point without highway if there is one; then, where the sweep varies precision and highway, the
/// highway's overhead (uJ, Mbit, percent), the paper's claims beside ours, the operation counts of
/// its Table 6, and k bits with highway against k + 1 bits without. Ends with the policy line.
[[nodiscard]] std::string sweep_table(const std::vector<PointResult>& points);

}  // namespace turnpike::sweep
