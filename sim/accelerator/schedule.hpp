#pragma once

#include <cstdint>
#include <vector>

#include "dataflow/processing_pass.hpp"
#include "memory/dram_request.hpp"
#include "sim/accelerator/buffer_ports.hpp"
#include "sim/accelerator/stage.hpp"
#include "traces/trace.hpp"

namespace turnpike::accelerator {

/// A contiguous transfer between DRAM and the buffer.
struct Transfer {
  std::int64_t address = 0;  ///< bytes
  bool write = false;
  memory::Traffic traffic = memory::Traffic::ifmap;  ///< of the low words: ifmap, filter or ofmap
  bool skip = false;            ///< the other operand of an element-wise layer, not an ifmap
  std::size_t stage = 0;        ///< the layer it is counted for
  std::uint64_t words = 0;      ///< 64-bit words
  std::uint64_t low_words = 0;  ///< of these, the low-precision machine's; the rest is highway
  std::uint64_t payload_bits = 0;
  std::uint64_t values = 0;
  int bits = 16;       ///< of a value
  int low_bits = 16;   ///< share of it the low-precision machine moves; 0 if none
  bool coded = false;  ///< run-length coded: passes the coder or decoder
};

/// One pass with what must be fetched for it.
struct PassTask {
  dataflow::ProcessingPass pass;
  Transfer filter;
  Transfer ifmap;  ///< words = 0: resident, or still there from the pass before
};

/// A tile of psums that is final: what the post-processing unit does with it.
struct TileTask {
  std::uint64_t values = 0;
  BufferLines lines;             ///< the unit reads and writes in the global buffer
  std::vector<Transfer> reads;   ///< skip operands that lie in DRAM
  std::vector<Transfer> writes;  ///< outputs that go to DRAM
};

struct JobSchedule {
  std::vector<PassTask> passes;
  std::int64_t ifmap_ready_stage = -1;  ///< the ifmap may be fetched after this stage is written
};

struct StageSchedule {
  std::vector<JobSchedule> jobs;
  std::uint64_t psum_values = 0;  ///< of all jobs
  TileTask whole;                 ///< outputs and operands of the stage; tiles take their share
};

/// All transfers of a run, in order. DRAM addresses: weights, then each tensor, from 0, each at the
/// next multiple of 4096; a tile is one contiguous transfer at the place its first value has.
struct Schedule {
  std::vector<StageSchedule> stages;
};

[[nodiscard]] Schedule make_schedule(const traces::Trace& trace,
                                     const config::AcceleratorConfig& config, const Plan& plan);

/// The part of a stage's outputs and operands that belongs to `values` of its psums, after `before`
/// of them: shares add up to the whole exactly.
[[nodiscard]] TileTask tile_share(const StageSchedule& stage, std::uint64_t before,
                                  std::uint64_t values);

}  // namespace turnpike::accelerator
