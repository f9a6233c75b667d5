#pragma once

#include <array>

#include "models/ops/operation.hpp"

/// The list of operations, one row each.
namespace turnpike::models {

/// The row of an operation.
[[nodiscard]] const Operation& operation(traces::Op op);

/// Names of those a network file may use, in the order of traces::Op.
[[nodiscard]] std::vector<std::string> network_ops();

}  // namespace turnpike::models
