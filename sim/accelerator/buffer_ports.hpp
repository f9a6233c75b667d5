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
  friend BufferLines operator+(const BufferLines& a, const BufferLines& b) {
    return {a.ifmap + b.ifmap, a.psum + b.psum, a.maps + b.maps};
  }
  friend BufferLines operator-(const BufferLines& a, const BufferLines& b) {
    return {a.ifmap - b.ifmap, a.psum - b.psum, a.maps - b.maps};
  }
};

/// What one user of the buffer moved over time: at an even rate in each of its jobs.
class BufferUser {
 public:
  /// A job begins. Until it ends, it is taken to move `lines` within `clocks`.
  void begins(std::uint64_t at, const BufferLines& lines, std::uint64_t clocks);
  /// A job begins that is taken to go on as the one before.
  void begins_alike(std::uint64_t at);
  /// It has moved `lines`.
  void ends(std::uint64_t at, const BufferLines& lines);
  /// Moved during [from, to); `to` is not after the present.
  [[nodiscard]] BufferLines between(std::uint64_t from, std::uint64_t to) const;

 private:
  struct Job {
    std::uint64_t begin = 0, end = 0;
    BufferLines before;  ///< moved by earlier jobs
    BufferLines lines;
  };
  [[nodiscard]] BufferLines until(std::uint64_t at) const;

  std::vector<Job> jobs_;  ///< one after another
  bool busy_ = false;      ///< then the last is under way, its end and lines are expectations
};

/// The banks of the global buffer while a run goes on, and the clocks their ports cost.
///
/// Each bank answers one access a clock, of the array first: ifmap reads, psum reads and psum
/// writes, at an even rate; a pass gets longer by what the busiest bank cannot do in its clocks
/// (memory/bank_conflicts.hpp). What is left goes to the post-processing unit, which reads psums
/// and feature maps and writes the next ones, and then to transfers that fill ifmap tiles: they
/// end when the ports have had the clocks for their lines.
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

  /// Further clocks a tile of the post-processing unit that began at `begin` needs as of `now`.
  [[nodiscard]] std::uint64_t post_needs(const BufferLines& lines, std::uint64_t begin,
                                         std::uint64_t now) const;
  /// The same for a transfer that fills lines.
  [[nodiscard]] std::uint64_t fill_needs(const BufferLines& lines, std::uint64_t begin,
                                         std::uint64_t now) const;

  BufferUser array, post;  ///< what the two moved

 private:
  void place_tensors(const Plan& plan, std::size_t stage);
  void take(memory::GlbType type, std::int64_t values, int bits);

  const AcceleratorConfig& config_;
  memory::GlobalBuffer buffer_;
  std::vector<int> all_banks_;
  std::array<std::vector<int>, memory::kGlbTypes> banks_;  ///< of each type; empty if it has none
};

}  // namespace turnpike::accelerator
