#pragma once

#include <vector>

#include "traces/trace.hpp"

namespace turnpike::models {

/// Applies the steps of `layer.post` that change values, in order: scale and bias (per channel,
/// axis 1 of `shape`) and ReLU, each one rounding in double. `quantize` happens when the value is
/// stored.
void apply_post(const traces::Trace& trace, const traces::LayerEntry& layer,
                const TensorShape& shape, std::vector<double>& values);

}  // namespace turnpike::models
