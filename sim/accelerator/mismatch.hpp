#pragma once

#include <string>

#include "pe/array_model.hpp"
#include "sim/accelerator/post_arithmetic.hpp"
#include "sim/accelerator/stage.hpp"
#include "traces/trace.hpp"

/// Outputs that are not those of the trace: why that may be.
namespace turnpike::accelerator {

/// How a producer departs from traces/FORMAT.md in a layer whose reference codes differ: the layer
/// is computed again with another rounding, in float32, with steps exchanged or left out, and with
/// weights or outputs transposed; the way in which every code agrees is named. Empty if there is
/// none. `array`: computes the sums again; `job`: of an array layer, else null.
[[nodiscard]] std::string likely_cause(const traces::Trace& trace, const traces::LayerEntry& layer,
                                       const ArrayPsums& psums, const pe::ArrayModel& array,
                                       const ArrayJob* job);

}  // namespace turnpike::accelerator
