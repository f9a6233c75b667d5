#include "memory/run_length_codec.hpp"

#include <type_traits>
#include <utility>

#include "sim/base/error.hpp"

namespace turnpike::memory {
namespace {

constexpr std::int64_t kLongestRun = (1 << RunLengthCode::kRunBits) - 1;
void check(const RunLengthCode& code) {
  ensure(code.level_bits >= 1 && code.level_bits <= 32, "a run-length level has 1..32 bits");
}

}  // namespace

std::int64_t RunLengthCode::words_for_pairs(std::int64_t pairs) const {
  return (pairs + pairs_per_word() - 1) / pairs_per_word();
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
