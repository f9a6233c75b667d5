#include "models/activation_quantizer.hpp"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "sim/base/random.hpp"
#include "traces/arithmetic.hpp"

namespace turnpike::models {
namespace {

std::vector<float> relu_values(std::uint64_t seed, int count) {
  Random random{seed};
  std::vector<float> values;
  for (int i = 0; i < count; ++i) {
    values.push_back(std::max(0.0F, static_cast<float>(random.laplace(1.0))));
  }
  return values;
}

/// Mean squared error of the values themselves, not of a histogram.
double true_error(const std::vector<float>& values, Grid grid, int bits, double clip) {
  const UniformGrid uniform = uniform_grid(grid, bits, clip);
  const std::int64_t low = uniform.is_signed ? -(std::int64_t{1} << (bits - 1)) : 0;
  const std::int64_t high = low + (std::int64_t{1} << bits) - 1;
  double sum = 0.0;
  for (const float value : values) {
    const auto code =
        traces::quantize(static_cast<double>(value), uniform.scale, uniform.zero_point, low, high);
    const double error =
        traces::dequantize(static_cast<double>(code), uniform.scale, uniform.zero_point) -
        static_cast<double>(value);
    sum += error * error;
  }
  return sum / static_cast<double>(values.size());
}

TEST(ActivationQuantizer, BestClipIsAsGoodAsSearchingTheValuesThemselves) {
  for (const int bits : {1, 2, 3, 4, 6, 8}) {
    SCOPED_TRACE(testing::Message() << "seed 11, bits " << bits);
    const std::vector<float> values = relu_values(11, 4000);
    const ValueHistogram histogram{values};
    double least = 1e300;
    for (int part = 6; part <= 128; ++part) {
      least = std::min(
          least, true_error(values, Grid::positive, bits, histogram.magnitude() * part / 128.0));
    }
    const double clip = best_clip(histogram, Grid::positive, bits);
    EXPECT_LT(true_error(values, Grid::positive, bits, clip), 1.06 * least);
  }
}

TEST(ActivationQuantizer, WiderCodesClipLess) {
  const ValueHistogram histogram{relu_values(5, 5000)};
  double before = 0.0;
  for (const int bits : {1, 2, 3, 4, 8, 16}) {
    const double clip = best_clip(histogram, Grid::positive, bits);
    EXPECT_GE(clip, before) << bits;
    before = clip;
  }
  EXPECT_EQ(before, histogram.magnitude());
}

TEST(ActivationQuantizer, GridsHaveTheirLevels) {
  const UniformGrid positive = uniform_grid(Grid::positive, 2, 3.0);
  EXPECT_DOUBLE_EQ(positive.scale, 1.0);
  EXPECT_FALSE(positive.is_signed);
  const UniformGrid symmetric = uniform_grid(Grid::symmetric, 4, 3.5);
  EXPECT_DOUBLE_EQ(symmetric.scale, 0.5);
  EXPECT_TRUE(symmetric.is_signed);
  const UniformGrid fractional = uniform_grid(Grid::fractional, 2, 1.0);
  EXPECT_DOUBLE_EQ(fractional.scale * (3.0 - fractional.zero_point), 1.0);
  EXPECT_DOUBLE_EQ(fractional.scale * (0.0 - fractional.zero_point), -1.0);
}

TEST(ValueHistogram, KnowsRangeZerosAndARoundedMagnitude) {
  const std::vector<float> values = {0.0F, 0.0F, 1.2345F, -0.5F};
  const ValueHistogram histogram{values};
  EXPECT_LT(histogram.min(), 0.0);
  EXPECT_DOUBLE_EQ(histogram.zero_fraction(), 0.5);
  EXPECT_GE(histogram.magnitude(), histogram.max());
  EXPECT_LE(histogram.magnitude(), histogram.max() * (1.0 + 0x1.0p-9));
  EXPECT_EQ(histogram.magnitude() * 512.0, std::floor(histogram.magnitude() * 512.0));
}

TEST(ValueHistogram, AllZerosHaveMagnitudeOne) {
  const std::vector<float> values(4, 0.0F);
  const ValueHistogram histogram{values};
  EXPECT_EQ(histogram.magnitude(), 1.0);
  EXPECT_EQ(best_clip(histogram, Grid::positive, 2), 1.0);
}

}  // namespace
}  // namespace turnpike::models
