#pragma once

#include <cstddef>
#include <cstdint>

#include "sim/accelerator/buffer_ports.hpp"
#include "sim/accelerator/run_result.hpp"
#include "sim/accelerator/stage.hpp"
#include "sim/base/action_count.hpp"
#include "sim/base/quantity.hpp"
#include "sim/config/accelerator_config.hpp"
#include "traces/trace.hpp"

namespace turnpike::accelerator {

/// What the post-processing unit does for a stage. It follows from the plan: the schedule gives
/// each tile its share of the values and lines, the machine lets their clocks pass, and the counts
/// are the layer's.
struct PostWork {
  std::uint64_t values =
      0;                ///< that go through its lanes: psums read out, else the largest operand
  BufferLines lines;    ///< of the global buffer: psums read out, maps read and written
  ActionCounts counts;  ///< operations, and those lines
  Traffic buffer_bits;  ///< of those lines
};

[[nodiscard]] PostWork post_work(const traces::Trace& trace,
                                 const config::AcceleratorConfig& config, const Plan& plan,
                                 std::size_t stage);

/// Clocks its lanes take for so many values.
[[nodiscard]] Cycles post_clocks(const config::AcceleratorConfig& config, std::uint64_t values);

}  // namespace turnpike::accelerator
