#include "sim/accelerator/coded_map.hpp"

#include <gtest/gtest.h>

#include "sim/base/random.hpp"

namespace turnpike::accelerator {
namespace {

/// Words of one image by the encoder itself.
std::int64_t encoded_words(const memory::RunLengthCode& code,
                           const std::vector<std::int32_t>& codes) {
  return static_cast<std::int64_t>(memory::run_length_encode(code, codes).size());
}

TEST(CodedMap, TheWholeMapTakesTheWordsOfTheEncoder) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(seed);
    Random random{seed};
    const CodedMap::Shape shape{random.integer(1, 3), random.integer(1, 4), random.integer(1, 9),
                                random.integer(1, 40)};
    memory::RunLengthCode code;
    code.level_bits = static_cast<int>(random.integer(1, 16));
    const double zeros = random.uniform();
    const std::int64_t image = shape.channels * shape.rows * shape.columns;
    std::vector<std::uint8_t> marks;
    std::int64_t expected = 0;
    for (std::int64_t i = 0; i < shape.images; ++i) {
      std::vector<std::int32_t> codes;
      for (std::int64_t v = 0; v < image; ++v) {
        codes.push_back(random.uniform() < zeros ? 0 : 1);
        marks.push_back(codes.back() == 0 ? 1 : 0);
      }
      expected += encoded_words(code, codes);
    }
    const CodedMap map{code, shape, marks};
    EXPECT_EQ(map.words({0, shape.images, 0, shape.channels, 0, shape.rows}), expected);
  }
}

TEST(CodedMap, ATileTakesTheWordsThatHoldItsRows) {
  // 16 bits: three pairs a word. No zeros: pair = value.
  const CodedMap map{{}, {1, 2, 4, 5}, std::vector<std::uint8_t>(40, 0)};
  EXPECT_EQ(map.words({0, 1, 0, 1, 0, 1}), 2);  // values 0..4: words 0..1
  EXPECT_EQ(map.words({0, 1, 0, 1, 1, 1}), 3);  // values 5..9: words 1..3
  EXPECT_EQ(map.words({0, 1, 0, 2, 1, 1}), 5);  // and 25..29: words 8..9
  EXPECT_EQ(map.words({0, 1, 1, 1, 0, 4}), 8);  // values 20..39: words 6..13
}

TEST(CodedMap, ARunGoesOnOverRowEnds) {
  std::vector<std::uint8_t> marks(64, 1);
  marks[63] = 0;
  const CodedMap map{{}, {1, 1, 8, 8}, marks};
  EXPECT_EQ(map.words({0, 1, 0, 1, 0, 8}), 1);  // (31, 0) and (31, 1)
  EXPECT_EQ(map.words({0, 1, 0, 1, 3, 2}), 1);
}

TEST(CodedMap, HaloRowsAreReadTwiceAndNeverForNothing) {
  Random random{7};
  const CodedMap::Shape shape{1, 3, 12, 9};
  std::vector<std::uint8_t> marks;
  for (std::int64_t i = 0; i < 3 * 12 * 9; ++i) {
    marks.push_back(random.uniform() < 0.6 ? 1 : 0);
  }
  const CodedMap map{{}, shape, marks};
  const std::int64_t whole = map.words({0, 1, 0, 3, 0, 12});
  const std::int64_t tiles =
      map.words({0, 1, 0, 3, 0, 6}) + map.words({0, 1, 0, 3, 4, 6}) + map.words({0, 1, 0, 3, 8, 4});
  EXPECT_GT(tiles, whole);
  EXPECT_LE(map.words({0, 1, 0, 3, 4, 6}), whole);
}

}  // namespace
}  // namespace turnpike::accelerator
