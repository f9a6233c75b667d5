#pragma once

#include <string>
#include <vector>

#include "sim/base/database.hpp"
#include "sim/sweep/point_result.hpp"

/// A point's result as a row of typed columns.
namespace turnpike::sweep {

struct PointColumn {
  std::string name;  ///< as results.json has it: energy_uj, energy_pj.mac, operations.nonlinear
  DatabaseValue value;
};

/// Everything but settings and accuracy: id, status, message, then what results.json says, empty
/// where the point has no results. The same names in the same order for every point.
[[nodiscard]] std::vector<PointColumn> columns_of(const PointResult& point);

/// Fills in a point from the values of such columns, in that order. False if they are of other
/// types.
[[nodiscard]] bool set_columns(PointResult& point, const std::vector<DatabaseValue>& values);

/// "2" -> 2, "0.5" -> 0.5, "true" -> 1, "false" -> 0, anything else a text: a setting as a value.
[[nodiscard]] DatabaseValue setting_value(const std::string& text);

/// How SQL declares a column of such a value.
[[nodiscard]] const char* type_of(const DatabaseValue& value);

}  // namespace turnpike::sweep
