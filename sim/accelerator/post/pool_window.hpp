#pragma once

#include <vector>

#include "traces/trace.hpp"

namespace turnpike::accelerator::post {

/// The largest value of each window, or the mean over the whole window (padding counts as 0).
/// kernel 0: one window as large as the map.
[[nodiscard]] std::vector<double> pooled(const traces::Trace& trace,
                                         const traces::LayerEntry& layer, bool maximum);

}  // namespace turnpike::accelerator::post
