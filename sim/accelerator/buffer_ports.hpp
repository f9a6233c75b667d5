#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "memory/bank_conflicts.hpp"
#include "memory/global_buffer.hpp"
#include "sim/accelerator/accelerator_config.hpp"
#include "sim/accelerator/stage.hpp"

namespace turnpike::accelerator {

/// The global buffer an accelerator's configuration gives.
[[nodiscard]] memory::GlbShape glb_shape_of(const AcceleratorConfig& config);

/// Lines of the global buffer somebody reads or writes, by what they hold.
struct BufferLines {
  std::uint64_t ifmap = 0, psum = 0, maps = 0;
  [[nodiscard]] std::uint64_t total() const { return ifmap + psum + maps; }
};

/// The banks of the global buffer while a run goes on, and the clocks their ports cost.
///
/// Each bank answers one access a clock. During a pass the array reads ifmap lines and reads and
/// writes psum lines; meanwhile a transfer may fill an ifmap tile and the post-processing unit
/// reads psums and feature maps and writes the next ones. All come at an even rate; the pass gets
/// longer by what the busiest bank cannot do in its clocks (memory/bank_conflicts.hpp). A transfer
/// or a tile of the post-processing unit takes at least the clocks its own lines need.
///
/// Space: the ifmap tile is filled for the next pass as the array frees its rows, and a psum tile
/// is overwritten behind the post-processing unit that reads it out: neither is there twice.
class BufferPorts {
 public:
  explicit BufferPorts(const AcceleratorConfig& config);

  /// A job of a stage begins: gives banks to the tensors that lie in the buffer meanwhile, to the
  /// job's ifmap tile and to its psum tile. InternalError if the plan gave away more than there is.
  void place(const Plan& plan, std::size_t stage, const ArrayJob& job);
  /// The same for a stage without a job.
  void place(const Plan& plan, std::size_t stage);

  /// Clocks `lines` need when nobody else uses the ports.
  [[nodiscard]] std::uint64_t clocks_for(const BufferLines& lines) const;

  /// Somebody else than the array moves `lines` at an even rate during [begin, end).
  void use(const BufferLines& lines, std::uint64_t begin, std::uint64_t end);

  /// Clocks by which the pass that ran during [begin, end), moving `lines`, gets longer.
  [[nodiscard]] std::uint64_t conflicts(const BufferLines& lines, std::uint64_t begin,
                                        std::uint64_t end);

 private:
  struct Use {
    BufferLines lines;
    std::uint64_t begin = 0, end = 0;
  };

  void place_tensors(const Plan& plan, std::size_t stage);
  void take(memory::GlbType type, std::int64_t values, int bits);
  [[nodiscard]] std::vector<memory::GlbStream> streams(const BufferLines& lines) const;

  const AcceleratorConfig& config_;
  memory::GlobalBuffer buffer_;
  std::vector<int> all_banks_;
  std::array<std::vector<int>, memory::kGlbTypes> banks_;  ///< of each type; empty if it has none
  std::vector<Use> uses_;
};

}  // namespace turnpike::accelerator
