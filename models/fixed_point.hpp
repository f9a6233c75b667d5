#pragma once

#include "models/ops/layer_operands.hpp"

/// Layers that are requantized in integers (traces/FORMAT.md, "requantize").
namespace turnpike::models {

/// The codes of a layer with `requantize`: conv, fc, add, mul, avgpool, quantize.
[[nodiscard]] LayerOutputs execute_fixed_point(const LayerOperands& layer);

/// multiplier * 2^(shift - 31) * value, rounded as `rounding` says.
[[nodiscard]] std::int64_t scaled_in_fixed_point(std::int64_t value, std::int64_t multiplier,
                                                 std::int64_t shift,
                                                 traces::Requantize::Rounding rounding);

}  // namespace turnpike::models
