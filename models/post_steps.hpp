#pragma once

#include <vector>

#include "models/ops/layer_operands.hpp"

namespace turnpike::models {

/// Applies the post steps of a layer that change values, in order: scale and bias (per channel,
/// axis 1 of `shape`) and ReLU, each one rounding in double. `quantize` happens when the value is
/// stored.
void apply_step(const LayerOperands& layer, const traces::PostStep& step, const TensorShape& shape,
                std::vector<double>& values);
void apply_post(const LayerOperands& layer, const TensorShape& shape, std::vector<double>& values);

}  // namespace turnpike::models
