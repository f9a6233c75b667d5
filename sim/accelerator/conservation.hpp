#pragma once

#include "sim/accelerator/run_result.hpp"
#include "sim/accelerator/stage.hpp"
#include "sim/config/accelerator_config.hpp"
#include "traces/trace.hpp"

namespace turnpike::accelerator {

/// Widths, residency, layers off the array, operation counts.
void describe_run(const traces::Trace& trace, const config::AcceleratorConfig& config,
                  const Plan& plan, RunResult& result);

/// Compares what a run counted with what is known of it otherwise, each a named check in
/// result.checks.conservation:
///
///   macs, passes, psum_words, ifmap_words, filter_words    counts of the array and its networks:
///       with the closed forms of dataflow/, layer by layer
///   dram_filter_values, dram_ifmap_values, dram_ofmap_values    values of the transfers: likewise,
///       and with the sizes of the tensors that spill
///   cycles_above_bounds       processing cycles of a layer: not below the bounds of its passes
///   clock_cycles              the layers' cycles and clocked PEs: with the simulated time
///   glb_lines_within_ports    lines of the global buffer: no more than its banks can answer in
///       that time
///   no_highway_stream_without_highway    nothing is counted on stream highway if there is none
///   glb_lines_hold_what_moves lines of the buffer that a stage reads of its skip operands and
///       writes of its ofmaps: no more than the plan holds for those tensors
void check_conservation(const traces::Trace& trace, const config::AcceleratorConfig& config,
                        const Plan& plan, RunResult& result);

}  // namespace turnpike::accelerator
