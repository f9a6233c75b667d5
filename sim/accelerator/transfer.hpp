#pragma once

#include <cstddef>
#include <cstdint>

namespace turnpike::accelerator {

/// What a transfer brings or takes away.
enum class Operand { ifmap, filter, ofmap };

/// A contiguous transfer between DRAM and the buffer.
struct Transfer {
  std::int64_t address = 0;  ///< bytes
  bool write = false;
  Operand operand = Operand::ifmap;
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

}  // namespace turnpike::accelerator
