#pragma once

#include <nlohmann/json_fwd.hpp>

/// How the report page shows the figures of a run: names, titles, units, scales and looks. Its
/// scripts have none of their own.
namespace turnpike::report {

/// Components drawn as one, in the order of a stack.
[[nodiscard]] nlohmann::ordered_json groups_json();

/// Columns of the tables of runs and of layers, the totals whose changes are told, and the parts of
/// the charts of layers. `accuracy`: of some run it was measured what its network gets right.
[[nodiscard]] nlohmann::ordered_json shown_json(bool accuracy);

}  // namespace turnpike::report
