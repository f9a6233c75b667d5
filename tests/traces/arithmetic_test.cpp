#include "traces/arithmetic.hpp"

#include <limits>

#include <gtest/gtest.h>

namespace turnpike::traces {
namespace {

TEST(Arithmetic, HalvesRoundToEven) {
  const double halves[] = {-2.5, -1.5, -0.5, 0.5, 1.5, 2.5};
  const double even[] = {-2, -2, 0, 0, 2, 2};
  for (std::size_t i = 0; i < 6; ++i) {
    EXPECT_EQ(round_half_even(halves[i]), even[i]);
  }
}

TEST(Arithmetic, QuantizeDividesAddsTheZeroPointRoundsAndClips) {
  EXPECT_EQ(quantize(0.74, 0.5, 0.0, 0, 3), 1);
  EXPECT_EQ(quantize(0.75, 0.5, 0.0, 0, 3), 2);  // 1.5 to even
  EXPECT_EQ(quantize(0.75, 0.5, 1.5, 0, 3), 3);
  EXPECT_EQ(quantize(100, 0.5, 0.0, 0, 3), 3);
  EXPECT_EQ(quantize(-100, 0.5, 0.0, -2, 1), -2);
  EXPECT_EQ(quantize(std::numeric_limits<double>::infinity(), 1, 0, -2, 1), 1);
  EXPECT_EQ(quantize(-std::numeric_limits<double>::infinity(), 1, 0, -2, 1), -2);
  EXPECT_EQ(quantize(std::numeric_limits<double>::quiet_NaN(), 1, 0, -2, 1), -2);
}

TEST(Arithmetic, DequantizeInvertsEveryCode) {
  for (std::int64_t code = -128; code <= 127; ++code) {
    EXPECT_EQ(quantize(dequantize(static_cast<double>(code), 0.1, -0.5), 0.1, -0.5, -128, 127),
              code);
  }
}

}  // namespace
}  // namespace turnpike::traces
