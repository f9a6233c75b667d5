#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "sim/base/tensor.hpp"
#include "sim/config/traffic.hpp"

namespace turnpike::memory {

/// The chip's run-length code of feature maps in DRAM.
///
/// A pair is a run of 0..31 zeros and the level that follows it, which is zero itself where a run
/// is longer than 31 or ends the block. A 64-bit word holds as many pairs as fit under a terminator
/// bit, which marks the last word: three pairs at 16 bits. Pair i lies at bit i x (5 + level bits),
/// the run below the level; the terminator is bit 63.
/// Source: Chen et al., ISSCC 2016, fig. 14.5.2 (5-bit run, 16-bit level, three pairs a word); the
/// width of the level follows the operand, which the chip has no need for.
struct RunLengthCode {
  static constexpr int kRunBits = 5;
  static constexpr int kWordBits = 64;

  int level_bits = 16;  ///< 1..32
  /// The code whose real value is 0; empty if there is none (a fractional zero point), and then
  /// every value is a level.
  std::optional<std::int64_t> zero_code = 0;

  [[nodiscard]] int pairs_per_word() const { return (kWordBits - 1) / (kRunBits + level_bits); }
  [[nodiscard]] std::int64_t words_for_pairs(std::int64_t pairs) const;
};

/// 64-bit words the code of a block takes, without making them. Integer element types of Tensor.
template <class T>
[[nodiscard]] std::int64_t run_length_words(const RunLengthCode& code, std::span<const T> codes);
/// Of all elements of an integer tensor in row-major order.
[[nodiscard]] std::int64_t run_length_words(const RunLengthCode& code, const Tensor& codes);
/// The same in bytes of whole words.
[[nodiscard]] std::int64_t encoded_bytes(const RunLengthCode& code, const Tensor& codes);

/// 64-bit words of `values` plain codes: floor(64 / bits) a word.
[[nodiscard]] std::int64_t plain_words(std::int64_t values, int bits);

/// What a transfer uses.
struct RunLengthChoice {
  bool encoded = false;
  std::int64_t words = 0;

  friend bool operator==(const RunLengthChoice&, const RunLengthChoice&) = default;
};
/// where_it_helps encodes a block only if that takes fewer words.
[[nodiscard]] RunLengthChoice choose_run_length(config::RunLengthMode mode, std::int64_t plain,
                                                std::int64_t encoded);

}  // namespace turnpike::memory
