#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "memory/bank_conflicts.hpp"
#include "memory/global_buffer.hpp"
#include "sim/accelerator/stage.hpp"
#include "sim/config/accelerator_config.hpp"

namespace turnpike::accelerator {

/// The global buffer an accelerator's configuration gives.
[[nodiscard]] memory::GlbShape glb_shape_of(const config::AcceleratorConfig& config);

/// Lines of the global buffer somebody reads or writes, by what they hold.
struct BufferLines {
  std::uint64_t ifmap = 0, psum = 0, maps = 0;
};

/// Who asks for the ports of the global buffer, first served first.
enum class PortUser {
  array,       ///< ifmap reads, psum reads and writes of a pass
  post,        ///< the post-processing unit: psums and feature maps it reads, maps it writes
  skip_fill,   ///< a transfer that fills lines with a tile's operands
  fetch_fill,  ///< a transfer that fills an ifmap tile
};
inline constexpr std::size_t kPortUsers = 4;

/// The banks of the global buffer while a run goes on, and the clocks their ports cost.
///
/// A bank answers one access a clock. Each user has one job at a time, so many lines that go round
/// its banks in turn, and each clock of a bank is given away once: to the array, whose lines come
/// at an even rate over its pass; what it leaves to the post-processing unit, never ahead of an
/// even rate over its tile; what that leaves to transfers, as they come. A job ends when all its
/// banks have answered. A pass is therefore as long as its busiest bank is busy with it
/// (memory/bank_conflicts.hpp), and nobody delays it; the others wait.
///
/// Space: the ifmap tile is filled for the next pass as the array frees its rows, and a psum tile
/// is overwritten behind the post-processing unit that reads it out: neither is there twice.
class BufferPorts {
 public:
  explicit BufferPorts(const config::AcceleratorConfig& config);

  /// A job of a stage begins: gives banks to the tensors that lie in the buffer meanwhile, to the
  /// job's ifmap tile and to its psum tile. InternalError if the plan gave away more than there is.
  void place(const Plan& plan, std::size_t stage, const ArrayJob& job);
  /// The same for a stage without a job.
  void place(const Plan& plan, std::size_t stage);

  /// Clocks `lines` need when nobody else uses the ports.
  [[nodiscard]] std::uint64_t clocks_for(const BufferLines& lines) const;

  /// From clock `at` on the user moves `lines`, not faster than evenly in `clocks`; 0: as fast as
  /// the ports allow. Its last job has ended. Times never go back.
  void begins(PortUser user, std::uint64_t at, const BufferLines& lines, std::uint64_t clocks);
  /// Clocks from `at` on its job takes at least: 0 once it has ended.
  [[nodiscard]] std::uint64_t needs(PortUser user, std::uint64_t at);
  /// Gives away the clocks up to, not including, `at`.
  void settle(std::uint64_t at);

 private:
  void place_tensors(const Plan& plan, std::size_t stage);
  void take(memory::GlbType type, std::int64_t lines);
  [[nodiscard]] std::vector<std::uint64_t> accesses(const BufferLines& lines) const;
  [[nodiscard]] std::uint64_t bank_needs(PortUser user, std::size_t bank, std::uint64_t at) const;

  /// What a user asks each bank for.
  struct Job {
    std::uint64_t begin = 0, clocks = 0;
    std::vector<std::uint64_t> asked, moved;  ///< accesses of each bank
    [[nodiscard]] std::uint64_t due(std::size_t bank, std::uint64_t at) const;
  };

  const config::AcceleratorConfig& config_;
  memory::GlobalBuffer buffer_;
  std::vector<int> all_banks_;
  std::array<std::vector<int>, memory::kGlbTypes> banks_;  ///< of each type; empty if it has none
  std::array<Job, kPortUsers> jobs_;
  std::uint64_t settled_ = 0;  ///< clocks given away
};

}  // namespace turnpike::accelerator
