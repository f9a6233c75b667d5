#pragma once

#include <string>
#include <vector>

#include "sim/report/text_table.hpp"
#include "sim/sweep/point_bands.hpp"
#include "sim/sweep/point_result.hpp"

namespace turnpike::sweep {

/// The table of a sweep: cycles, energy, area, what the highway adds to the same point without it,
/// and status of every point; if wide, area and energy by component instead, percent against the
/// 16-bit point without highway if there is one; then, where the sweep varies precision and
/// highway, the highway's overhead (uJ, Mbit, percent), the paper's claims beside ours, the
/// operation counts of its Table 6, and k bits with highway against k + 1 bits without. Ends with
/// the policy line.
/// Changes stand as intervals first, as far as `bands` knows the points.
[[nodiscard]] std::string sweep_table(const std::vector<PointResult>& points,
                                      report::TableWidth width, const PointBands& bands = {});

}  // namespace turnpike::sweep
