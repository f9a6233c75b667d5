#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "traces/trace.hpp"

namespace turnpike::accelerator {

/// What the post-processing unit makes of psums and stored tensors, value by value, in IEEE double
/// as traces/FORMAT.md defines it. Independent of the functional engine; used to check each layer
/// against the trace's own reference output.

/// Psums of an array layer: one vector a job, [N][M][E][F] (recurrent: 2 jobs a time step).
struct ArrayPsums {
  std::vector<std::vector<double>> jobs;
  std::vector<std::vector<double>> weight_sums;  ///< per filter, for fractional zero points
};

/// A tensor as a layer writes it: codes, or real values for floating tensors.
struct OutputValues {
  std::string tensor;
  std::vector<double> values;
};

/// All tensors the layer writes (a recurrent layer: preact, gates, cell, output).
[[nodiscard]] std::vector<OutputValues> post_process(const traces::Trace& trace,
                                                     const traces::LayerEntry& layer,
                                                     const ArrayPsums& psums);

/// Real values of a layer before its post steps: sums of products times their scales, or what an
/// element-wise layer makes of its inputs. Not of recurrent layers.
[[nodiscard]] std::vector<double> sums_before_post(const traces::Trace& trace,
                                                   const traces::LayerEntry& layer,
                                                   const ArrayPsums& psums);

}  // namespace turnpike::accelerator
