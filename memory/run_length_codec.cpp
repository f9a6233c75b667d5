#include "memory/run_length_codec.hpp"

#include <type_traits>
#include <utility>

#include "sim/base/error.hpp"

namespace turnpike::memory {
namespace {

constexpr std::int64_t kLongestRun = (1 << RunLengthCode::kRunBits) - 1;
constexpr std::uint64_t kTerminator = std::uint64_t{1} << (RunLengthCode::kWordBits - 1);

std::uint64_t mask_of(int bits) {
  return (std::uint64_t{1} << static_cast<unsigned>(bits)) - 1;
}

void check(const RunLengthCode& code) {
  ensure(code.level_bits >= 1 && code.level_bits <= 32, "a run-length level has 1..32 bits");
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

std::int32_t level_of(std::uint64_t bits, int level_bits, bool is_signed) {
  const auto value = static_cast<std::int64_t>(bits);
  const std::int64_t top = std::int64_t{1} << (level_bits - 1);
  return static_cast<std::int32_t>(is_signed && value >= top ? value - 2 * top : value);
}

}  // namespace

std::int64_t RunLengthCode::words_for_pairs(std::int64_t pairs) const {
  return (pairs + pairs_per_word() - 1) / pairs_per_word();
}

std::vector<std::uint64_t> run_length_encode(const RunLengthCode& code,
                                             std::span<const std::int32_t> codes) {
  check(code);
  const std::int64_t low = -(std::int64_t{1} << (code.level_bits - 1));
  const std::int64_t high = std::int64_t{1} << code.level_bits;
  PairWriter writer{code};
  std::int64_t run = 0;
  for (std::size_t i = 0; i < codes.size(); ++i) {
    ensure(codes[i] >= low && codes[i] < high, "a run-length code fits its level");
    const bool zero = code.zero_code && codes[i] == *code.zero_code;
    if (zero && run < kLongestRun && i + 1 < codes.size()) {
      ++run;
    } else {
      writer.put(run, codes[i]);
      run = 0;
    }
  }
  return writer.finish();
}

std::vector<std::int32_t> run_length_decode(const RunLengthCode& code,
                                            std::span<const std::uint64_t> words,
                                            std::int64_t count, bool is_signed) {
  check(code);
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

template <class T>
std::int64_t run_length_words(const RunLengthCode& code, std::span<const T> codes) {
  check(code);
  const auto count = static_cast<std::int64_t>(codes.size());
  if (!code.zero_code || !std::in_range<T>(*code.zero_code)) {
    return code.words_for_pairs(count);
  }
  // A pair per non-zero, and one more per 32 zeros of the run before it; the last run is rounded
  // up.
  const T zero = static_cast<T>(*code.zero_code);
  std::int64_t pairs = 0;
  std::int64_t last = -1;  // index of the last non-zero
  for (std::int64_t i = 0; i < count; ++i) {
    if (codes[static_cast<std::size_t>(i)] != zero) {
      pairs += 1 + (i - last - 1) / (kLongestRun + 1);
      last = i;
    }
  }
  pairs += (count - last - 1 + kLongestRun) / (kLongestRun + 1);
  return code.words_for_pairs(pairs);
}

template std::int64_t run_length_words(const RunLengthCode&, std::span<const std::int8_t>);
template std::int64_t run_length_words(const RunLengthCode&, std::span<const std::uint8_t>);
template std::int64_t run_length_words(const RunLengthCode&, std::span<const std::int16_t>);
template std::int64_t run_length_words(const RunLengthCode&, std::span<const std::uint16_t>);
template std::int64_t run_length_words(const RunLengthCode&, std::span<const std::int32_t>);
template std::int64_t run_length_words(const RunLengthCode&, std::span<const std::uint32_t>);
template std::int64_t run_length_words(const RunLengthCode&, std::span<const std::int64_t>);

std::int64_t run_length_words(const RunLengthCode& code, const Tensor& codes) {
  return codes.visit([&](const auto& values) -> std::int64_t {
    using T = typename std::decay_t<decltype(values)>::value_type;
    if constexpr (std::is_integral_v<T>) {
      return run_length_words(code, std::span<const T>{values});
    } else {
      throw InternalError{"run-length coding is for integer codes"};
    }
  });
}

std::int64_t encoded_bytes(const RunLengthCode& code, const Tensor& codes) {
  return run_length_words(code, codes) * (RunLengthCode::kWordBits / 8);
}

std::int64_t plain_words(std::int64_t values, int bits) {
  ensure(bits >= 1 && bits <= RunLengthCode::kWordBits, "a code has 1..64 bits");
  const std::int64_t a_word = RunLengthCode::kWordBits / bits;
  return (values + a_word - 1) / a_word;
}

RunLengthChoice choose_run_length(config::RunLengthMode mode, std::int64_t plain,
                                  std::int64_t encoded) {
  const bool use = mode == config::RunLengthMode::on ||
                   (mode == config::RunLengthMode::where_it_helps && encoded < plain);
  return {.encoded = use, .words = use ? encoded : plain};
}

}  // namespace turnpike::memory
