#include "memory/run_length_codec.hpp"

#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include "sim/base/error.hpp"
#include "sim/base/random.hpp"
#include "tests/memory/run_length_coder.hpp"

namespace turnpike::memory {
namespace {

using Codes = std::vector<std::int32_t>;
using Words = std::vector<std::uint64_t>;
using test::run_length_decode;
using test::run_length_encode;

std::uint64_t pair(std::uint64_t run, std::uint64_t level) {
  return run | level << 5U;
}

TEST(RunLengthCodec, ThreePairsAndATerminatorFillAWordAt16Bits) {
  const RunLengthCode code{.level_bits = 16};
  EXPECT_EQ(code.pairs_per_word(), 3);
  // The chip's figure: 0 0 12 0 0 0 0 53 0 0 22 -> runs 2 4 2, levels 12 53 22.
  const Codes codes{0, 0, 12, 0, 0, 0, 0, 53, 0, 0, 22};
  const Words words = run_length_encode(code, codes);
  EXPECT_EQ(words, (Words{pair(2, 12) | pair(4, 53) << 21U | pair(2, 22) << 42U | 1ULL << 63U}));
  EXPECT_EQ(run_length_decode(code, words, 11, false), codes);
}

TEST(RunLengthCodec, PairsPerWordFollowTheLevelWidth) {
  EXPECT_EQ((RunLengthCode{.level_bits = 8}).pairs_per_word(), 4);
  EXPECT_EQ((RunLengthCode{.level_bits = 4}).pairs_per_word(), 7);
  EXPECT_EQ((RunLengthCode{.level_bits = 2}).pairs_per_word(), 9);
  EXPECT_EQ((RunLengthCode{.level_bits = 32}).pairs_per_word(), 1);
}

TEST(RunLengthCodec, ALongRunGoesOnWithALevelOfZero) {
  const RunLengthCode code{.level_bits = 16};
  Codes codes(33, 0);
  codes.push_back(7);
  EXPECT_EQ(run_length_encode(code, codes), (Words{pair(31, 0) | pair(1, 7) << 21U | 1ULL << 63U}));
}

TEST(RunLengthCodec, ABlockMayEndInZerosOrBeEmpty) {
  const RunLengthCode code{.level_bits = 16};
  EXPECT_EQ(run_length_encode(code, Codes{5, 0, 0}),
            (Words{pair(0, 5) | pair(1, 0) << 21U | 1ULL << 63U}));
  EXPECT_TRUE(run_length_encode(code, Codes{}).empty());
  EXPECT_EQ(run_length_words(code, std::span<const std::int32_t>{}), 0);
}

TEST(RunLengthCodec, EveryBlockComesBackAndItsWordsAreForetold) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Random random{seed};
    const int bits = static_cast<int>(random.integer(1, 16));
    const bool is_signed = bits > 1 && random.integer(0, 1) == 1;
    const std::int64_t low = is_signed ? -(std::int64_t{1} << (bits - 1)) : 0;
    const std::int64_t high = low + (std::int64_t{1} << bits) - 1;
    RunLengthCode code{.level_bits = bits, .zero_code = random.integer(low, high)};
    if (random.integer(0, 9) == 0) {
      code.zero_code.reset();
    }
    const double zeros = random.uniform();
    Codes codes(static_cast<std::size_t>(random.integer(0, 700)));
    for (auto& value : codes) {
      const bool zero = code.zero_code && random.uniform() < zeros;
      value = static_cast<std::int32_t>(zero ? *code.zero_code : random.integer(low, high));
    }
    const Words words = run_length_encode(code, codes);
    EXPECT_EQ(run_length_decode(code, words, static_cast<std::int64_t>(codes.size()), is_signed),
              codes);
    EXPECT_EQ(run_length_words(code, std::span<const std::int32_t>{codes}),
              static_cast<std::int64_t>(words.size()));
    const Tensor tensor =
        smallest_integer_tensor({static_cast<std::int64_t>(codes.size())}, codes, low, high);
    EXPECT_EQ(encoded_bytes(code, tensor), static_cast<std::int64_t>(words.size()) * 8);
  }
}

TEST(RunLengthCodec, DamagedBlocksAreNoticed) {
  const RunLengthCode code{.level_bits = 16};
  const Words words = run_length_encode(code, Codes{1, 2, 3, 4, 5});
  ASSERT_EQ(words.size(), 2U);
  EXPECT_THROW(static_cast<void>(run_length_decode(code, words, 20, false)), InternalError);
  EXPECT_THROW(static_cast<void>(run_length_decode(code, words, 2, false)), InternalError);
  EXPECT_THROW(static_cast<void>(run_length_decode(code, Words{words[0]}, 3, false)),
               InternalError);
  EXPECT_THROW(static_cast<void>(run_length_encode({.level_bits = 4}, Codes{16})), InternalError);
}

TEST(RunLengthCodec, EncodesOnlyWhereThatTakesFewerWords) {
  EXPECT_EQ(plain_words(9, 16), 3);
  EXPECT_EQ(plain_words(22, 3), 2) << "21 codes of 3 bits a word, one bit lost";
  EXPECT_EQ(choose_run_length(config::RunLengthMode::where_it_helps, 10, 9),
            (RunLengthChoice{true, 9}));
  EXPECT_EQ(choose_run_length(config::RunLengthMode::where_it_helps, 10, 10),
            (RunLengthChoice{false, 10}));
  EXPECT_EQ(choose_run_length(config::RunLengthMode::on, 10, 13), (RunLengthChoice{true, 13}));
  EXPECT_EQ(choose_run_length(config::RunLengthMode::off, 10, 1), (RunLengthChoice{false, 10}));
}

}  // namespace
}  // namespace turnpike::memory
