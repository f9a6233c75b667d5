#pragma once

#include <string>
#include <vector>

#include "sim/base/config_node.hpp"
#include "sim/sweep/sweep_file.hpp"

/// Points of a design space: what a sweep file's `matrix`, `sample`, `vary` and `where` mean.
namespace turnpike::sweep {

/// A configuration key and the values it takes.
struct Axis {
  std::string key;
  std::vector<std::string> values;  ///< as YAML
};

/// "{key: [values], key: {from, to, step | factor}}" under the name `what`. A range ends at `to`,
/// or before it where no step meets it.
[[nodiscard]] std::vector<Axis> read_axes(const ConfigNode& node, const std::string& what);

/// Every combination, the last key's values fastest. InputError at `spot` for too many.
[[nodiscard]] std::vector<PointSettings> all_points(const std::vector<Axis>& axes,
                                                    const SourceSpot& spot);

/// "{points, seed, kind: latin | random}": so many draws from the combinations, each that was drawn
/// once, in the order drawn. `latin` (Latin hypercube; McKay, Beckman, Conover, Technometrics
/// 1979): along each axis the draws spread evenly over its values. The same on every machine.
[[nodiscard]] std::vector<PointSettings> sampled_points(const std::vector<Axis>& axes,
                                                        const ConfigNode& sample);

/// For each value of each key of `vary`, the points there are with that value besides: one thing at
/// a time changed from a base.
void add_varied(const ConfigNode& vary, std::vector<PointSettings>& points);

/// Leaves out the points one of the conditions ("array.rows * array.columns <= 256", one or a list)
/// does not hold for. A key that a point does not set is NULL, and no condition on it holds.
/// InputError if none is left, or none sets a key that is named.
void keep_where(const ConfigNode* where, std::vector<PointSettings>& points);

}  // namespace turnpike::sweep
