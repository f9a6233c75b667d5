#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "memory/run_length_codec.hpp"
#include "sim/base/error.hpp"

/// The run-length code itself, which the model only counts: what its counts are compared with.
namespace turnpike::memory::test {

inline constexpr std::uint64_t kTerminator = std::uint64_t{1} << (RunLengthCode::kWordBits - 1);

inline std::uint64_t mask_of(int bits) {
  return (std::uint64_t{1} << static_cast<unsigned>(bits)) - 1;
}

/// Fills words pair by pair.
class PairWriter {
 public:
  explicit PairWriter(const RunLengthCode& code) : code_{code} {}

  void put(std::int64_t run, std::int64_t level) {
    const int width = RunLengthCode::kRunBits + code_.level_bits;
    if (pairs_ % code_.pairs_per_word() == 0) {
      words_.push_back(0);
    }
    const auto shift = static_cast<unsigned>(pairs_ % code_.pairs_per_word() * width);
    const std::uint64_t pair = static_cast<std::uint64_t>(run) |
                               (static_cast<std::uint64_t>(level) & mask_of(code_.level_bits))
                                   << RunLengthCode::kRunBits;
    words_.back() |= pair << shift;
    ++pairs_;
  }
  std::vector<std::uint64_t> finish() {
    if (!words_.empty()) {
      words_.back() |= kTerminator;
    }
    return std::move(words_);
  }

 private:
  RunLengthCode code_;
  std::vector<std::uint64_t> words_;
  int pairs_ = 0;
};

inline std::int32_t level_of(std::uint64_t bits, int level_bits, bool is_signed) {
  const auto value = static_cast<std::int64_t>(bits);
  const std::int64_t top = std::int64_t{1} << (level_bits - 1);
  return static_cast<std::int32_t>(is_signed && value >= top ? value - 2 * top : value);
}

/// Encodes codes, each in [-2^(level_bits-1), 2^level_bits). InternalError for one outside.
[[nodiscard]] inline std::vector<std::uint64_t> run_length_encode(
    const RunLengthCode& code, std::span<const std::int32_t> codes) {
  const std::int64_t low = -(std::int64_t{1} << (code.level_bits - 1));
  const std::int64_t high = std::int64_t{1} << code.level_bits;
  PairWriter writer{code};
  std::int64_t run = 0;
  for (std::size_t i = 0; i < codes.size(); ++i) {
    ensure(codes[i] >= low && codes[i] < high, "a run-length code fits its level");
    const bool zero = code.zero_code && codes[i] == *code.zero_code;
    if (zero && run < 31 && i + 1 < codes.size()) {
      ++run;
    } else {
      writer.put(run, codes[i]);
      run = 0;
    }
  }
  return writer.finish();
}

/// The `count` codes of a block. `is_signed`: levels are two's complement. InternalError if the
/// words hold more or fewer, or the terminator stands elsewhere than in the last word.
[[nodiscard]] inline std::vector<std::int32_t> run_length_decode(
    const RunLengthCode& code, std::span<const std::uint64_t> words, std::int64_t count,
    bool is_signed) {
  const int width = RunLengthCode::kRunBits + code.level_bits;
  std::vector<std::int32_t> codes;
  codes.reserve(static_cast<std::size_t>(count));
  const auto left = [&] { return count - static_cast<std::int64_t>(codes.size()); };
  for (std::size_t w = 0; w < words.size(); ++w) {
    ensure(left() > 0, "a run-length block ends with its values");
    ensure(((words[w] & kTerminator) != 0) == (w + 1 == words.size()),
           "the last run-length word, and no other, has the terminator");
    for (int pair = 0; pair < code.pairs_per_word() && left() > 0; ++pair) {
      const std::uint64_t bits = words[w] >> static_cast<unsigned>(pair * width);
      const auto run = static_cast<std::int64_t>(bits & mask_of(RunLengthCode::kRunBits));
      ensure(run < left(), "a run of zeros ends inside its block");
      ensure(run == 0 || code.zero_code.has_value(), "runs need a code for zero");
      codes.insert(codes.end(), static_cast<std::size_t>(run),
                   static_cast<std::int32_t>(code.zero_code.value_or(0)));
      codes.push_back(level_of(bits >> RunLengthCode::kRunBits & mask_of(code.level_bits),
                               code.level_bits, is_signed));
    }
  }
  ensure(left() == 0, "a run-length block holds all its values");
  return codes;
}

}  // namespace turnpike::memory::test
