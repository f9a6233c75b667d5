#pragma once

#include <vector>

#include "sim/accelerator/post/post_op.hpp"
#include "sim/accelerator/post_arithmetic.hpp"

namespace turnpike::accelerator::post {

/// All tensors an lstm or gru layer writes (preact, gates, candidate, cell, its tanh, output), step
/// by step (traces/FORMAT.md, "lstm" and "gru").
[[nodiscard]] std::vector<OutputValues> recurrent_values(const traces::Trace& trace,
                                                         const traces::LayerEntry& layer,
                                                         const ArrayPsums& psums);

/// Values of a recurrent layer that go through a unit, at one width.
struct GateWork {
  Operations operations;
  bool of_state = false;  ///< at the width of the state; else the gates' 16 bits
};
/// Gates of all steps: an add of both products, three sigmoids, two tanhs, three products, the add
/// of c (of a gru: two and one of what makes h).
[[nodiscard]] std::vector<GateWork> gate_work(const traces::LayerEntry& layer);

/// What table 6 of the paper counts a recurrent layer as: the add of c (of h for gru), a
/// nonlinearity of each gate (and of c), three products.
void count_table_6(const traces::LayerEntry& layer, OperationCounts& counts);

}  // namespace turnpike::accelerator::post
