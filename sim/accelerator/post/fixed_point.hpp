#pragma once

#include <vector>

#include "sim/accelerator/post_arithmetic.hpp"

namespace turnpike::accelerator::post {

/// Codes of a layer with `requantize` (traces/FORMAT.md), from psums or reference inputs, in
/// integers only.
[[nodiscard]] std::vector<double> fixed_point_codes(const traces::Trace& trace,
                                                    const traces::LayerEntry& layer,
                                                    const ArrayPsums& psums);

}  // namespace turnpike::accelerator::post
