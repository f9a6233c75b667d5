#pragma once

#include <cstdint>

#include "memory/dram_controller.hpp"
#include "pe/pass_result.hpp"
#include "sim/accelerator/buffer_ports.hpp"
#include "sim/accelerator/run_result.hpp"
#include "sim/accelerator/schedule.hpp"
#include "sim/accelerator/stage.hpp"
#include "sim/config/accelerator_config.hpp"
#include "traces/trace.hpp"

/// Turns what the modules did into action counts (docs/action_vocabulary.md) and bytes.
namespace turnpike::accelerator {

/// Whole lines of `line_bits` that hold `values` of `bits` bits, by the rule of memory::lines_for.
[[nodiscard]] std::uint64_t lines_for(const config::AcceleratorConfig& config, std::uint64_t values,
                                      int bits, int line_bits);
/// 64-bit DRAM words: floor(64 / bits) values each, the rest is packing loss.
[[nodiscard]] std::uint64_t words_for(std::uint64_t values, int bits);

/// Line width a job's data are read and written in: the machine's, or that of its own width if
/// native.
[[nodiscard]] int line_bits_of(const config::AcceleratorConfig& config, int operand_bits);

/// Buffer accesses of one kind: adds them to the counts and to the layer's bytes.
struct BufferAccess {
  Item item = "ifmap";  ///< ifmap, psum, ofmap, skip, transfer
  Action action = Action::read;
  std::uint64_t values = 0;
  int bits = 16;
  int low_bits = 16;  ///< share of them the low-precision machine would move too; 0 if none
  int line_bits = 64;
};
void count_buffer(const config::AcceleratorConfig& config, const BufferAccess& access,
                  LayerResult& layer);

/// Lines of the global buffer the array moves in a pass.
[[nodiscard]] BufferLines pass_lines(const config::AcceleratorConfig& config, const ArrayJob& job,
                                     const pe::PassCounters& pass);

/// A pass: spads, links, FIFOs, networks, the buffer's reads and writes. MACs are split into
/// executed and gated when the job ends.
void count_pass(const config::AcceleratorConfig& config, const ArrayJob& job,
                const pe::PassCounters& pass, LayerResult& layer);

/// A finished job: `slots` MAC slots of the array, `gated` of them on zeros.
void count_macs(const ArrayJob& job, std::uint64_t slots, std::uint64_t gated, LayerResult& layer);

/// A transfer between DRAM and the buffer: words, packing loss, the fill of the buffer, coding.
void count_transfer(const config::AcceleratorConfig& config, const Transfer& transfer,
                    LayerResult& layer);

/// Lines of the global buffer a transfer fills; filters go to the filter buffer.
[[nodiscard]] BufferLines transfer_lines(const config::AcceleratorConfig& config,
                                         const Transfer& transfer);
/// Lines of the filter buffer it fills, one a clock: the other of its two banks feeds the array.
[[nodiscard]] std::uint64_t filter_buffer_lines(const config::AcceleratorConfig& config,
                                                const Transfer& transfer);

/// What the post-processing unit does for a whole stage: operations, psum read-out, skip reads,
/// ofmap writes.
void count_post(const traces::Trace& trace, const config::AcceleratorConfig& config,
                const Plan& plan, std::size_t stage, LayerResult& layer);

/// Lines of the global buffer the post-processing unit moves for a whole stage.
[[nodiscard]] BufferLines post_lines(const traces::Trace& trace,
                                     const config::AcceleratorConfig& config, const Plan& plan,
                                     std::size_t stage);

/// Clock, leakage and control of a layer's cycles.
void count_time(const config::AcceleratorConfig& config, std::uint64_t active_pe_cycles,
                LayerResult& layer);

/// DRAM commands and states between two snapshots.
void count_dram(const memory::DramCounts& before, const memory::DramCounts& after,
                LayerResult& layer);

}  // namespace turnpike::accelerator
