#pragma once

#include <string>
#include <vector>

#include "sim/sweep/point_result.hpp"

/// Points of a sweep by what they came to, and as columns for other programs.
namespace turnpike::sweep {

/// Those that a condition holds for, in their order: SQL's, over the columns of the sweep's
/// database and settings by their keys ("energy_uj < 20000 and array.rows = 12"). A name with dots
/// needs no quotes. InputError if it is no condition, or names what is no column.
[[nodiscard]] std::vector<PointResult> select_points(const std::vector<PointResult>& points,
                                                     const std::string& condition);

/// Writes the points' columns as arrays that np.load reads: int64, or float64 with NaN where a
/// point has no figure; texts as uint8 [points][bytes], `a.view(f"S{a.shape[1]}").ravel()`.
void write_columns(const std::string& path, const std::vector<PointResult>& points);

}  // namespace turnpike::sweep
