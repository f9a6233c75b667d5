#pragma once

#include <cstdint>

#include "memory/global_buffer.hpp"
#include "sim/accelerator/run_result.hpp"
#include "sim/base/action_count.hpp"
#include "sim/config/accelerator_config.hpp"

/// Values as the buffer and DRAM hold them, and what an access to the buffer is counted as.
namespace turnpike::accelerator {

/// A line of this machine's buffers that is `line_bits` wide.
[[nodiscard]] memory::LineShape line_of(const config::AcceleratorConfig& config, int line_bits);

/// Whole lines of `line_bits` that hold `values` of `bits` bits, by the rule of memory::lines_for.
[[nodiscard]] std::uint64_t lines_for(const config::AcceleratorConfig& config, std::uint64_t values,
                                      int bits, int line_bits);
/// 64-bit DRAM words: floor(64 / bits) values each, the rest is packing loss.
[[nodiscard]] std::uint64_t words_for(std::uint64_t values, int bits);

/// Line width a job's data are read and written in: the machine's, or that of its own width if
/// native; the same for all under glb.line: bits.
[[nodiscard]] int line_bits_of(const config::AcceleratorConfig& config, int operand_bits);

/// Accesses to the global buffer of one kind.
struct BufferAccess {
  Item item = "ifmap";  ///< ifmap, psum, ofmap, skip, transfer
  Action action = Action::read;
  std::uint64_t values = 0;
  int bits = 16;
  int low_bits = 16;  ///< share of them the low-precision machine would move too; 0 if none
  int line_bits = 64;
};

/// Adds them to `counts`, and to `bits` unless they are fills from DRAM; returns their lines.
std::uint64_t count_buffer(const config::AcceleratorConfig& config, const BufferAccess& access,
                           ActionCounts& counts, Traffic& bits);

}  // namespace turnpike::accelerator
