#pragma once

#include <optional>
#include <string>

#include "memory/dram_device.hpp"
#include "memory/dram_request.hpp"
#include "pe/pass_memo.hpp"
#include "sim/accelerator/run_observer.hpp"
#include "sim/accelerator/run_result.hpp"
#include "sim/accelerator/stage.hpp"
#include "sim/accelerator/value_memo.hpp"
#include "sim/config/accelerator_config.hpp"
#include "traces/trace.hpp"

namespace turnpike::accelerator {

struct SimulationOptions {
  enum class Timing { memo, reference };
  Timing timing = Timing::memo;
  bool check_accumulators = false;  ///< --check: also compare every psum with plain loops
  int tolerance = 0;               ///< difference of integer outputs from the reference that passes
  std::string memo_file;           ///< where pass timings are kept between runs; empty = nowhere
  pe::PassMemo* passes = nullptr;  ///< passes that are known already, the file's among them; null:
                                   ///< those of the file
  ValueMemo* values = nullptr;  ///< stages whose values are known and may be added to; null: every
                                ///< value is computed. Not looked at with `reference` or --check
  std::string trace;            ///< with `values`: what tells the trace from all others, no blanks
  RunObserver* observer = nullptr;                ///< told what the run does; it changes nothing
  memory::DramObserver* dram_observer = nullptr;  ///< told what the memory is asked for and does
};

/// Runs a trace through the accelerator, cycle by cycle: the passes of every array layer, transfers
/// to and from DRAM, the post-processing unit. Checks every output against the trace's reference.
///
/// Starts a SystemC kernel of its own; one run at a time in a process (runs in parallel: fork).
[[nodiscard]] RunResult simulate(const traces::Trace& trace,
                                 const config::AcceleratorConfig& config, const Plan& plan,
                                 const memory::DramDevice& dram, const SimulationOptions& options);

}  // namespace turnpike::accelerator
