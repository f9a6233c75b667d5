#pragma once

#include <cstdint>

#include "memory/dram_controller.hpp"
#include "pe/array_model.hpp"
#include "sim/accelerator/buffer_access.hpp"
#include "sim/accelerator/buffer_ports.hpp"
#include "sim/accelerator/post/post_work.hpp"
#include "sim/accelerator/run_result.hpp"
#include "sim/accelerator/stage.hpp"
#include "sim/accelerator/transfer.hpp"
#include "sim/config/accelerator_config.hpp"

/// Turns what the modules did into action counts (docs/action_vocabulary.md) and bytes.
namespace turnpike::accelerator {

/// Lines of the global buffer the array moves in a pass. `first_psums`: the psums that go in are
/// zeros, which the psum network puts in where a read would have come from the buffer.
[[nodiscard]] BufferLines pass_lines(const config::AcceleratorConfig& config, const ArrayJob& job,
                                     const pe::PassResult& pass, bool first_psums);

/// A pass: the array's own events and the buffers' reads and writes. MACs are split into executed
/// and gated when the job ends.
void count_pass(const config::AcceleratorConfig& config, const ArrayJob& job,
                const pe::ArrayModel& array, const pe::PassResult& pass, bool first_psums,
                LayerResult& layer);

/// A finished job: `slots` MAC slots of the array, `gated` of them on zeros.
void count_macs(const ArrayJob& job, const pe::ArrayModel& array, std::uint64_t slots,
                std::uint64_t gated, LayerResult& layer);

/// A transfer between DRAM and the buffer: words, packing loss, the fill of the buffer, coding.
void count_transfer(const config::AcceleratorConfig& config, const Transfer& transfer,
                    LayerResult& layer);

/// Lines of the global buffer a transfer fills; filters go to the filter buffer.
[[nodiscard]] BufferLines transfer_lines(const config::AcceleratorConfig& config,
                                         const Transfer& transfer);
/// Lines of the filter buffer it fills, one a clock: the other of its two banks feeds the array.
[[nodiscard]] std::uint64_t filter_buffer_lines(const config::AcceleratorConfig& config,
                                                const Transfer& transfer);

/// Bits of the filter buffer it takes until the pass it is for has ended; 0 of other transfers.
[[nodiscard]] std::uint64_t filter_buffer_bits(const config::AcceleratorConfig& config,
                                               const Transfer& transfer);
/// Of the words of a pass's filters, those that may be fetched while the pass before runs, whose
/// own take `held` bits of the filter buffer: whole lines in the room they leave
/// (timing.filter_prefetch: fitting). A pass of more filters than the buffer holds streams them
/// through it and leaves no room.
[[nodiscard]] std::uint64_t filter_words_ahead(const config::AcceleratorConfig& config,
                                               const Transfer& filters, std::uint64_t held);

/// What the post-processing unit does for a whole stage.
void count_post(const PostWork& work, LayerResult& layer);

/// Clock, leakage and control of a layer's cycles. `pass_pe_cycles`: of its passes, clocks times
/// mapped PEs; PEs stay mapped while the array waits.
void count_time(const config::AcceleratorConfig& config, std::uint64_t pass_pe_cycles,
                LayerResult& layer);

/// DRAM commands and states between two snapshots.
void count_dram(const memory::DramCounts& before, const memory::DramCounts& after,
                LayerResult& layer);

}  // namespace turnpike::accelerator
