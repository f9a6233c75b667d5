#pragma once

#include "sim/accelerator/accelerator_config.hpp"
#include "sim/accelerator/run_result.hpp"
#include "sim/accelerator/stage.hpp"
#include "traces/trace.hpp"

namespace turnpike::accelerator {

/// Widths, residency, layers off the array, operation counts.
void describe_run(const traces::Trace& trace, const AcceleratorConfig& config, const Plan& plan,
                  RunResult& result);

/// Closed forms every run must agree with, each a named check in result.checks.conservation:
/// macs, passes, psum_words, ifmap_words, filter_words, dram_filter_values, dram_ifmap_values,
/// dram_ofmap_values, cycles_above_bounds, clock_cycles, glb_lines_within_ports.
void check_conservation(const traces::Trace& trace, const AcceleratorConfig& config,
                        const Plan& plan, RunResult& result);

}  // namespace turnpike::accelerator
