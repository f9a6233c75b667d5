#pragma once

#include <cstdint>

#include "traces/trace.hpp"

namespace turnpike::models {

/// Operations per inference (one image; the whole sequence for recurrent nets), counted as table 6
/// of the precision-highway paper does for its LSTM:
/// * low_precision_macs: multiply-accumulates of all layers on the PE array (conv, fc, lstm, gru)
/// * high_precision_adds: one per element of a residual add, one per cell of a recurrent step (the
///   add of c, or of h for gru); the adds of bias and of Wx x + Wh h are not counted
/// * nonlinear: one per element of a ReLU; 5 per cell of an lstm step (f, g, i, o, tanh(c)), 3 for
/// gru
/// * elementwise_multiplies: one per element of a mul layer; 3 per cell of an lstm step (f c, g i,
///   o tanh(c)) and of a gru step
/// The paper's ResNet rows are not reproducible with any rule from the standard networks
/// (docs: its figures are given beside ours).
struct Operations {
  std::int64_t low_precision_macs = 0;
  std::int64_t high_precision_adds = 0;
  std::int64_t nonlinear = 0;
  std::int64_t elementwise_multiplies = 0;

  friend bool operator==(const Operations&, const Operations&) = default;
};

[[nodiscard]] Operations operations_of(const traces::Trace& trace);

}  // namespace turnpike::models
