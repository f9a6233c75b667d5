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

/// Result of comparing one output with the trace's reference.
struct Comparison {
  std::uint64_t compared = 0;
  std::uint64_t differing = 0;   ///< integer tensors: codes that differ
  double float_max_error = 0.0;  ///< floating tensors: largest error relative to the range
  bool integer = false;
  std::int64_t first_index = -1;  ///< of the first differing code
};
[[nodiscard]] Comparison compare_output(const traces::TensorEntry& reference,
                                        const std::vector<double>& values);

}  // namespace turnpike::accelerator
