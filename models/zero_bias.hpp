#pragma once

#include "traces/trace.hpp"

namespace turnpike::models {

/// Chooses the bias of a conv or fc layer (one value for all channels) such that the wanted
/// fraction of its outputs is zero after the ReLU: the quantile of what the accumulators are worth
/// after the layer's scale. If the output is coded, its scale is set so that the largest value is
/// the largest code. Exact but for ties of accumulators.
void choose_zero_bias(traces::Trace& trace, std::size_t layer, double zero_fraction);

}  // namespace turnpike::models
