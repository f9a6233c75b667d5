#include "traces/trace_stats.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace turnpike::traces {
namespace {

using testing::DoubleEq;
using testing::ElementsAre;

TensorEntry codes(int bits, bool is_signed, std::vector<std::int32_t> values) {
  const auto size = static_cast<std::int64_t>(values.size());
  return {{.name = "x", .bits = bits, .is_signed = is_signed}, Tensor{{size}, std::move(values)}};
}

TEST(TraceStats, EntropyOfAFairCodeIsItsWidth) {
  const TensorStats stats = stats_of(codes(2, false, {0, 1, 2, 3}));
  EXPECT_DOUBLE_EQ(stats.entropy, 2.0);
  EXPECT_THAT(stats.bit_entropy, ElementsAre(DoubleEq(1.0), DoubleEq(1.0)));
  EXPECT_EQ(stats.bits_used, 2);
  EXPECT_EQ(stats.zeros, 0.25);
}

TEST(TraceStats, BitsThatNeverChangeAreSeen) {
  const TensorStats stats = stats_of(codes(8, false, {0, 2, 2, 0, 2, 0, 0, 2}));
  EXPECT_DOUBLE_EQ(stats.entropy, 1.0);
  EXPECT_THAT(stats.bit_entropy, ElementsAre(0, DoubleEq(1.0), 0, 0, 0, 0, 0, 0));
  EXPECT_EQ(stats.bits_used, 2);
}

TEST(TraceStats, TheWidthUsedCountsTheSign) {
  EXPECT_EQ(stats_of(codes(8, true, {-1, 0})).bits_used, 1);
  EXPECT_EQ(stats_of(codes(8, true, {-2, 1})).bits_used, 2);
  EXPECT_EQ(stats_of(codes(8, true, {0, 2})).bits_used, 3);
  EXPECT_EQ(stats_of(codes(8, true, {-128, 0})).bits_used, 8);
  EXPECT_EQ(stats_of(codes(8, false, {0, 128})).bits_used, 8);
  EXPECT_EQ(stats_of(codes(8, false, {0, 0})).bits_used, 1);
}

TEST(TraceStats, SignBitsAreThoseOfTwosComplement) {
  // -1 is 11, 0 is 00, 1 is 01, -2 is 10.
  EXPECT_THAT(stats_of(codes(2, true, {-1, 0, 1, -2})).bit_entropy,
              ElementsAre(DoubleEq(1.0), DoubleEq(1.0)));
  EXPECT_THAT(stats_of(codes(3, true, {1, 0, 1, 0})).bit_entropy, ElementsAre(DoubleEq(1.0), 0, 0));
}

TEST(TraceStats, RealValuesHaveRangeAndZerosOnly) {
  const TensorStats stats = stats_of(TensorEntry{{.name = "x", .kind = TensorKind::floating},
                                                 Tensor{{4}, std::vector{0.0, -1.5, 2.0, 0.0}}});
  EXPECT_EQ(stats.low, -1.5);
  EXPECT_EQ(stats.high, 2.0);
  EXPECT_EQ(stats.zeros, 0.5);
  EXPECT_EQ(stats.bits_used, 0);
  EXPECT_TRUE(stats.bit_entropy.empty());
}

}  // namespace
}  // namespace turnpike::traces
