#include "memory/global_buffer.hpp"

#include <algorithm>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/base/random.hpp"

namespace turnpike::memory {
namespace {

using testing::ElementsAre;
using testing::ThrowsMessage;

/// The chip's shared buffer: 25 banks x 512 x 64 b; 100 of its 108 KB.
GlbShape chip() {
  return glb_shape({.bytes_at_16_bit = 25 * 4096,
                    .banks = 25,
                    .line_values = 4,
                    .allocation = config::AllocationUnit::bank},
                   16, {});
}

TEST(GlobalBuffer, HasTheChipsBanks) {
  EXPECT_EQ(chip().lines_per_bank, 512);
  EXPECT_EQ(chip().capacity().count(), 25U * 512U * 64U);
}

TEST(GlobalBuffer, KeepsItsValuesAndShrinksItsLinesWithTheMachine) {
  const config::GlbConfig size{.bytes_at_16_bit = 2097152, .banks = 16, .line_values = 4};
  for (const int bits : {16, 8, 4, 3, 2}) {
    const GlbShape shape = glb_shape(size, bits, {});
    EXPECT_EQ(shape.lines(), 262144);
    EXPECT_EQ(shape.capacity().count(), 1048576U * static_cast<unsigned>(bits));
    EXPECT_EQ(shape.lines_for(1048576, bits), 262144);
    EXPECT_EQ(shape.packing_loss(1048576, bits).count(), 0U);
  }
}

TEST(GlobalBuffer, RoundsUpToWholeLinesAndSaysWhatIsLost) {
  const GlbShape shape = glb_shape({.bytes_at_16_bit = 8192, .banks = 2, .line_values = 4}, 3,
                                   {});  // lines of 12 bits
  EXPECT_EQ(shape.lines_for(5, 3), 2);
  EXPECT_EQ(shape.packing_loss(5, 3).count(), 9U);
  EXPECT_EQ(shape.lines_for(4, 8), 3) << "32 bits";
  EXPECT_EQ(shape.lines_for(3, 8), 3) << "a group of four starts on a line";
  EXPECT_EQ(shape.packing_loss(3, 8).count(), 12U);
  EXPECT_EQ(shape.lines_for(8, 16), 12) << "six lines a group";
  EXPECT_EQ(shape.lines_for(8, 1), 2) << "a narrow value takes a slot";
  EXPECT_EQ(shape.lines_for(0, 16), 0);
}

TEST(GlobalBuffer, KeepsItsLinesAndHasFewerOfThemWhereALineIsSoManyBits) {
  const config::GlbConfig size{
      .bytes_at_16_bit = 2097152, .banks = 16, .line_values = 4, .line = config::LinePolicy::bits};
  for (const int bits : {16, 8, 4, 3, 2}) {
    const GlbShape shape = glb_shape(size, bits, {});
    EXPECT_EQ(shape.line_bits().count(), 64U);
    EXPECT_EQ(shape.lines(), 262144 / 16 * bits);
    EXPECT_EQ(shape.lines_for(262144, 16), 65536) << "four psums a line at any width";
    EXPECT_EQ(shape.lines_for(0, 16), 0);
  }
  const GlbShape shape = glb_shape(size, 3, {});
  EXPECT_EQ(shape.lines_for(21, 3), 1);
  EXPECT_EQ(shape.packing_loss(21, 3).count(), 1U);
  EXPECT_EQ(shape.lines_for(22, 3), 2) << "no value lies over the end of a line";
  EXPECT_EQ(shape.lines_for(64, 1), 1) << "a narrow value takes no slot of its own";
  EXPECT_EQ(shape.lines_for(3, 32), 2);
}

TEST(GlobalBuffer, APackingHoldsEveryValueOnce) {
  for (const auto policy : {config::LinePolicy::values, config::LinePolicy::bits}) {
    for (std::int64_t line_values = 1; line_values <= 5; ++line_values) {
      for (int width = 1; width <= 16; ++width) {
        const config::GlbConfig glb{.line_values = line_values, .line = policy};
        const LineShape line{policy, line_values, glb.line_bits(width)};
        for (int bits = 1; bits <= 70; ++bits) {
          const LineGroup group = group_of(bits, line);
          EXPECT_GE(group.values, 1);
          EXPECT_GE(group.lines * line.bits, group.values * bits);
          EXPECT_LT((group.lines - 1) * line.bits, group.values * bits) << "no line is empty";
        }
      }
    }
  }
}

TEST(GlobalBuffer, ABankWithoutAWholeLineIsRefused) {
  const config::GlbConfig glb{
      .bytes_at_16_bit = 32, .banks = 4, .line_values = 4, .line = config::LinePolicy::bits};
  EXPECT_EQ(glb_shape(glb, 16, {}).lines(), 4);
  EXPECT_THAT(
      [&] {
        static_cast<void>(glb_shape(glb, 2, {"a.yaml", 3, 7}));
      },
      ThrowsMessage<InputError>(
          "a.yaml:3:7: at 2 bits, 32 bytes at 16 bits in 4 banks are less than a line of 64 "
          "bits each (glb.line: bits); expected at least 256"));
}

TEST(GlobalBuffer, RefusesBytesThatAreNotWholeLinesInEachBank) {
  EXPECT_THAT(
      [] {
        static_cast<void>(glb_shape({.bytes_at_16_bit = 1000, .banks = 16, .line_values = 4}, 16,
                                    {"a.yaml", 3, 7}));
      },
      ThrowsMessage<InputError>("a.yaml:3:7: 1000 bytes are not whole lines of 4 values (8 bytes "
                                "at 16 bits) in each of 16 banks; expected a multiple of 128"));
}

TEST(GlobalBuffer, AChipBankHoldsOneType) {
  GlobalBuffer glb{chip()};
  const auto ifmap = glb.allocate(GlbType::ifmap, 513);
  const auto psum = glb.allocate(GlbType::psum, 1);
  ASSERT_TRUE(ifmap && psum);
  EXPECT_THAT(ifmap->banks, ElementsAre(0, 1));
  EXPECT_THAT(psum->banks, ElementsAre(2));
  EXPECT_EQ(ifmap->reserved, 1024);
  EXPECT_EQ(glb.used_lines(), 1536);
  EXPECT_EQ(glb.used_lines(GlbType::psum), 512);
}

TEST(GlobalBuffer, OutOfSpaceIsAnAnswer) {
  GlobalBuffer glb{chip()};
  const auto most = glb.allocate(GlbType::psum, 24 * 512);
  ASSERT_TRUE(most);
  EXPECT_FALSE(glb.fits(513));
  EXPECT_FALSE(glb.allocate(GlbType::ifmap, 513));
  EXPECT_TRUE(glb.allocate(GlbType::ifmap, 512));
  EXPECT_FALSE(glb.allocate(GlbType::ifmap, 1));
  glb.free(most->handle);
  EXPECT_TRUE(glb.allocate(GlbType::highway, 513));
  EXPECT_THROW(glb.free(most->handle), InternalError);
}

TEST(GlobalBuffer, BanksAreNeverSharedAndNeverLost) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Random random{seed};
    GlobalBuffer glb{chip()};
    std::vector<GlbAllocation> live;
    for (int step = 0; step < 200; ++step) {
      if (!live.empty() && random.integer(0, 2) == 0) {
        const auto victim = static_cast<std::size_t>(random.integer(0, std::ssize(live) - 1));
        glb.free(live[victim].handle);
        live.erase(live.begin() + static_cast<std::ptrdiff_t>(victim));
      } else if (auto got = glb.allocate(static_cast<GlbType>(random.integer(0, 3)),
                                         random.integer(0, 4000))) {
        live.push_back(*got);
      }
      std::vector<int> owners(25, 0);
      std::int64_t lines = 0;
      for (const GlbAllocation& allocation : live) {
        EXPECT_GE(std::ssize(allocation.banks) * 512, allocation.lines);
        lines += std::ssize(allocation.banks) * 512;
        for (const int bank : allocation.banks) {
          EXPECT_EQ(++owners[static_cast<std::size_t>(bank)], 1);
        }
      }
      EXPECT_EQ(glb.used_lines(), lines);
    }
  }
}

TEST(GlobalBuffer, LinesAreTakenToTheLast) {
  GlobalBuffer glb{glb_shape({.bytes_at_16_bit = 2097152, .banks = 16, .line_values = 4}, 2, {})};
  ASSERT_TRUE(glb.allocate(GlbType::feature_map, 262143));
  EXPECT_TRUE(glb.fits(1));
  EXPECT_FALSE(glb.fits(2));
  const auto last = glb.allocate(GlbType::highway, 1);
  ASSERT_TRUE(last);
  EXPECT_EQ(glb.free_lines(), 0);
}

}  // namespace
}  // namespace turnpike::memory
