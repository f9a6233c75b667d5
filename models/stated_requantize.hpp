#pragma once

#include <vector>

#include "models/network.hpp"
#include "traces/trace.hpp"

namespace turnpike::models {

/// Multipliers and shifts of a layer that is requantized in integers from the grids of its inputs
/// to that of its output. Sources: the quantization specification of TensorFlow Lite, and its
/// reference kernels for what the specification leaves open (docs/importing.md).
[[nodiscard]] traces::Requantize stated_requantize(const Layer& layer,
                                                   const std::vector<StatedGrid>& inputs,
                                                   const StatedGrid& output,
                                                   traces::Requantize::Rounding rounding);

}  // namespace turnpike::models
