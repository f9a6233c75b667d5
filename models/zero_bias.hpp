#pragma once

#include "models/ops/layer_operands.hpp"

namespace turnpike::models {

/// Chooses the bias of a conv or fc layer (one value for all channels) such that the wanted
/// fraction of its outputs is zero after the ReLU: the quantile of what the accumulators are worth
/// after the layer's scale. Returns it. If the output is coded, its scale in the program is set so
/// that the largest value is the largest code. Exact but for ties of accumulators.
[[nodiscard]] double choose_zero_bias(const LayerOperands& operands, traces::Program& program,
                                      double zero_fraction);

}  // namespace turnpike::models
