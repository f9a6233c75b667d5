#pragma once

#include <cstdint>
#include <vector>

#include "pe/array_pass.hpp"
#include "sim/accelerator/buffer_ports.hpp"
#include "sim/accelerator/post/post_work.hpp"
#include "sim/accelerator/stage.hpp"
#include "sim/accelerator/transfer.hpp"
#include "traces/trace.hpp"

namespace turnpike::accelerator {

/// One pass with what must be fetched for it.
struct PassTask {
  pe::ArrayPass pass;
  bool first_psums = false;       ///< as PassFootprint
  std::uint64_t final_psums = 0;  ///< that the post-processing unit gets after it
  Transfer filter, ifmap;         ///< words = 0: resident, or still there from the pass before
  std::uint64_t filter_words_ahead = 0;  ///< of filter.words, while the pass before runs
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
  PostWork post;
  TileTask whole;  ///< outputs and operands of the stage; tiles take their share
};

/// All transfers of a run, in order. DRAM addresses: weights, then each tensor, from 0, each at the
/// next multiple of 4096; a tile is one contiguous transfer at the place its first value has.
struct Schedule {
  std::vector<StageSchedule> stages;
};

[[nodiscard]] Schedule make_schedule(const traces::Trace& trace,
                                     const config::AcceleratorConfig& config, const Plan& plan);

/// Words [from, to) of a transfer.
[[nodiscard]] Transfer words_of(const Transfer& whole, std::uint64_t from, std::uint64_t to);

/// The part of a stage's outputs and operands that belongs to `values` of its psums, after `before`
/// of them: shares add up to the whole exactly.
[[nodiscard]] TileTask tile_share(const StageSchedule& stage, std::uint64_t before,
                                  std::uint64_t values);

}  // namespace turnpike::accelerator
