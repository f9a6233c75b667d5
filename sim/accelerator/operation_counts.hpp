#pragma once

#include <cstdint>

#include "sim/accelerator/run_result.hpp"
#include "traces/trace.hpp"

namespace turnpike::accelerator {

/// Operations of one inference (one image; the whole sequence of a recurrent net), counted as table
/// 6 of the precision-highway paper does for its LSTM:
/// * low_precision_macs: multiply-accumulates on the array, `macs` of the whole batch
/// * high_precision_adds: one per element of a residual add, one per cell of a recurrent step; the
///   adds of bias and of Wx x + Wh h are not counted
/// * nonlinear: one per element of a ReLU; 5 per cell of an lstm step (f, g, i, o, tanh(c)), 3 of
///   gru
/// * elementwise_multiplies: one per element of a mul layer; 3 per cell of a recurrent step
[[nodiscard]] OperationCounts operation_counts(const traces::Trace& trace, std::uint64_t macs);

}  // namespace turnpike::accelerator
