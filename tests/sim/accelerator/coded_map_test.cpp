#include "sim/accelerator/coded_map.hpp"

#include <set>

#include <gtest/gtest.h>

#include "sim/base/random.hpp"
#include "tests/memory/run_length_coder.hpp"

namespace turnpike::accelerator {
namespace {

struct Span {
  std::int64_t first = 0, count = 1;
};

/// Whole neighbouring rows.
pe::IfmapPart rows_of(const CodedMap::Shape& shape, Span images, Span channels, Span rows) {
  return {.image0 = images.first,
          .images = images.count,
          .channel0 = channels.first,
          .channels = channels.count,
          .row0 = rows.first,
          .rows = rows.count,
          .columns = shape.columns};
}

/// Words of one image by the encoder itself.
std::int64_t encoded_words(const memory::RunLengthCode& code,
                           const std::vector<std::int32_t>& codes) {
  return static_cast<std::int64_t>(memory::test::run_length_encode(code, codes).size());
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
    EXPECT_EQ(map.words(rows_of(shape, {0, shape.images}, {0, shape.channels}, {0, shape.rows})),
              expected);
  }
}

TEST(CodedMap, ATileTakesTheWordsThatHoldItsRows) {
  // 16 bits: three pairs a word. No zeros: pair = value.
  const CodedMap::Shape shape{1, 2, 4, 5};
  const CodedMap map{{}, shape, std::vector<std::uint8_t>(40, 0)};
  const auto words = [&](Span channels, Span rows) {
    return map.words(rows_of(shape, {0, 1}, channels, rows));
  };
  EXPECT_EQ(words({0, 1}, {0, 1}), 2);  // values 0..4: words 0..1
  EXPECT_EQ(words({0, 1}, {1, 1}), 3);  // values 5..9: words 1..3
  EXPECT_EQ(words({0, 2}, {1, 1}), 5);  // and 25..29: words 8..9
  EXPECT_EQ(words({1, 1}, {0, 4}), 8);  // values 20..39: words 6..13
}

TEST(CodedMap, ATileOfColumnsTakesTheWordsOfItsColumns) {
  const CodedMap map{{}, {1, 2, 4, 12}, std::vector<std::uint8_t>(96, 0)};
  // Columns 0..5 of rows 1 and 2: values 12..17 and 24..29: words 4..5 and 8..9.
  EXPECT_EQ(map.words({.row0 = 1, .rows = 2, .columns = 6}), 4);
  // Columns 6..11 of the same: values 18..23, 30..35: words 6..7, 10..11.
  EXPECT_EQ(map.words({.row0 = 1, .rows = 2, .column0 = 6, .columns = 6}), 4);
  // Columns 4..7: 16..19, 28..31: words 5..6, 9..10.
  EXPECT_EQ(map.words({.row0 = 1, .rows = 2, .column0 = 4, .columns = 4}), 4);
}

TEST(CodedMap, RowsAStrideLeavesOutAreNotRead) {
  const CodedMap map{{}, {1, 1, 12, 6}, std::vector<std::uint8_t>(72, 0)};
  // Rows 0, 4 and 8: values 0..5, 24..29, 48..53: two words each.
  EXPECT_EQ(map.words({.rows = 1, .bands = 3, .band_step = 4, .columns = 6}), 6);
  EXPECT_EQ(map.words({.rows = 9, .columns = 6}), 18);
}

TEST(CodedMap, AnyPartTakesTheWordsItsValuesLieIn) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(seed);
    Random random{seed};
    const CodedMap::Shape shape{random.integer(1, 2), random.integer(1, 3), random.integer(1, 7),
                                random.integer(1, 9)};
    memory::RunLengthCode code;
    code.level_bits = static_cast<int>(random.integer(1, 16));
    const double zeros = random.uniform();
    const std::int64_t image = shape.channels * shape.rows * shape.columns;
    std::vector<std::uint8_t> marks;
    std::vector<std::int64_t> word;  // of each value: the last of the code of all up to it
    for (std::int64_t i = 0; i < shape.images; ++i) {
      std::vector<std::int32_t> codes;
      for (std::int64_t v = 0; v < image; ++v) {
        codes.push_back(random.uniform() < zeros ? 0 : 1);
        marks.push_back(codes.back() == 0 ? 1 : 0);
        word.push_back(encoded_words(code, codes) - 1);
      }
    }
    pe::IfmapPart part;
    part.image0 = random.integer(0, shape.images - 1);
    part.images = random.integer(1, shape.images - part.image0);
    part.channel0 = random.integer(0, shape.channels - 1);
    part.channels = random.integer(1, shape.channels - part.channel0);
    part.rows = random.integer(1, shape.rows);
    part.band_step = part.rows + random.integer(0, 2);
    part.bands = 1 + (shape.rows - part.rows) / part.band_step;
    part.column0 = random.integer(0, shape.columns - 1);
    part.columns = random.integer(1, shape.columns - part.column0);
    std::set<std::pair<std::int64_t, std::int64_t>> read;  // image and word
    for (std::int64_t i = part.image0; i < part.image0 + part.images; ++i) {
      for (std::int64_t c = part.channel0; c < part.channel0 + part.channels; ++c) {
        for (std::int64_t b = 0; b < part.bands; ++b) {
          for (std::int64_t r = 0; r < part.rows; ++r) {
            for (std::int64_t x = part.column0; x < part.column0 + part.columns; ++x) {
              const std::int64_t y = b * part.band_step + r;
              read.emplace(i,
                           word.at(static_cast<std::size_t>(
                               ((i * shape.channels + c) * shape.rows + y) * shape.columns + x)));
            }
          }
        }
      }
    }
    EXPECT_EQ((CodedMap{code, shape, marks}.words(part)), static_cast<std::int64_t>(read.size()));
  }
}

TEST(CodedMap, ARunGoesOnOverRowEnds) {
  std::vector<std::uint8_t> marks(64, 1);
  marks[63] = 0;
  const CodedMap map{{}, {1, 1, 8, 8}, marks};
  EXPECT_EQ(map.words({.rows = 8, .columns = 8}), 1);  // (31, 0) and (31, 1)
  EXPECT_EQ(map.words({.row0 = 3, .rows = 2, .columns = 8}), 1);
}

TEST(CodedMap, HaloRowsAreReadTwiceAndNeverForNothing) {
  Random random{7};
  const CodedMap::Shape shape{1, 3, 12, 9};
  std::vector<std::uint8_t> marks;
  for (std::int64_t i = 0; i < 3 * 12 * 9; ++i) {
    marks.push_back(random.uniform() < 0.6 ? 1 : 0);
  }
  const CodedMap map{{}, shape, marks};
  const auto words = [&](Span rows) { return map.words(rows_of(shape, {0, 1}, {0, 3}, rows)); };
  EXPECT_GT(words({0, 6}) + words({4, 6}) + words({8, 4}), words({0, 12}));
  EXPECT_LE(words({4, 6}), words({0, 12}));
}

}  // namespace
}  // namespace turnpike::accelerator
