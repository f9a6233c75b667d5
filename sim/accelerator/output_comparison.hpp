#pragma once

#include <cstdint>
#include <vector>

#include "sim/accelerator/run_result.hpp"
#include "traces/trace.hpp"

/// Outputs against the trace's references.
namespace turnpike::accelerator {

/// Result of comparing one output with the trace's reference.
struct Comparison {
  std::uint64_t compared = 0;
  std::uint64_t differing = 0;  ///< integer tensors: codes that differ,
  std::uint64_t off_by_one = 0;
  std::uint64_t within_tolerance = 0;
  std::int64_t largest = 0;      ///< difference of two codes
  double float_max_error = 0.0;  ///< floating tensors: largest error relative to the range
  bool integer = false;
  std::int64_t first_index = -1;  ///< of the first differing code,
  std::int64_t expected = 0;      ///< which the trace has
  std::int64_t got = 0;
};
[[nodiscard]] Comparison compare_output(const traces::TensorEntry& reference,
                                        const std::vector<double>& values, int tolerance = 0);

/// Adds the comparison of one output to the checks of a run. The first that differs is described:
/// "layer 'conv1', tensor 'y': 2 of 512 codes differ, the first at index 17 [0, 1, 2, 1]: expected
/// 3, got 2; all by one".
void note_comparison(const traces::LayerEntry& layer, const traces::TensorEntry& reference,
                     const Comparison& comparison, Checks& checks);

}  // namespace turnpike::accelerator
