#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/base/integers.hpp"
#include "traces/trace.hpp"

/// Values of a trace's tensors as the post-processing unit sees them (traces/FORMAT.md).
namespace turnpike::accelerator::post {

/// Real values of a stored tensor.
[[nodiscard]] std::vector<double> reals(const traces::TensorEntry& tensor);

/// Codes of real values, or the values themselves for a floating tensor.
[[nodiscard]] std::vector<double> stored_as(const traces::TensorEntry& tensor,
                                            std::vector<double> values);

/// Each value becomes the number of its channel's thresholds, [channels][T], that are not above it.
void reach_thresholds(const traces::TensorEntry& thresholds, std::size_t plane,
                      std::vector<double>& values);

/// Real values of an accumulator of `plane` elements a filter: acc (corrected for a fractional zero
/// point) times both scales.
[[nodiscard]] std::vector<double> scaled_psums(const traces::Trace& trace, const std::string& input,
                                               const std::string& weight,
                                               const std::vector<double>& psums,
                                               const std::vector<double>& weight_sums,
                                               std::size_t plane);

}  // namespace turnpike::accelerator::post
