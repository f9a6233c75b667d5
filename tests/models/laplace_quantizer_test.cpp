#include "models/laplace_quantizer.hpp"

#include <cmath>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "models/synthetic.hpp"

namespace turnpike::models {
namespace {

TEST(LaplaceSpacing, EqualsTheRecomputedTableToAllPrintedDigits) {
  // Spacing / mean |w|: paper section 4 (2 bit: 1.53), recomputed with a fine numerical integral.
  const std::pair<int, const char*> table[] = {{1, "2.0000"}, {2, "1.5378"}, {3, "1.0337"},
                                               {4, "0.6519"}, {5, "0.3960"}, {6, "0.2343"},
                                               {7, "0.1359"}, {8, "0.0776"}, {9, "0.0437"}};
  for (const auto& [bits, digits] : table) {
    EXPECT_EQ(fmt::format("{:.4f}", laplace_spacing(bits)), digits) << bits;
  }
  EXPECT_EQ(fmt::format("{:.3g}", laplace_spacing(12)), "0.00734");
  EXPECT_EQ(fmt::format("{:.3g}", laplace_spacing(16)), "0.000619");
}

/// Midpoint rule on exp(-x) (x - level)^2 over [0, 60].
double integrated_error(double spacing, int bits) {
  const double cells = std::ldexp(1.0, bits - 1);
  constexpr int kSteps = 600000;
  const double dx = 60.0 / kSteps;
  double sum = 0.0;
  for (int i = 0; i < kSteps; ++i) {
    const double x = (i + 0.5) * dx;
    const double level = (std::min(std::floor(x / spacing), cells - 1.0) + 0.5) * spacing;
    sum += std::exp(-x) * (x - level) * (x - level) * dx;
  }
  return sum;
}

TEST(LaplaceSpacing, ErrorEqualsBruteForceIntegration) {
  for (const int bits : {1, 2, 4, 8}) {
    for (const double factor : {0.7, 1.0, 1.4}) {
      const double spacing = factor * laplace_spacing(bits);
      const double expected = integrated_error(spacing, bits);
      EXPECT_NEAR(laplace_error(spacing, bits), expected, 1e-4 * expected) << bits << " " << factor;
    }
  }
}

TEST(LaplaceSpacing, NoNearbySpacingHasASmallerError) {
  for (int bits = 1; bits <= 16; ++bits) {
    const double best = laplace_spacing(bits);
    for (const double factor : {0.99, 1.01}) {
      EXPECT_LT(laplace_error(best, bits), laplace_error(factor * best, bits)) << bits;
    }
  }
}

TEST(LaplaceQuantizer, CodesAreTheFlooredCellsClipped) {
  const std::vector<float> weights = {-9.0F, -1.1F, -1.0F, -0.1F, 0.0F, 0.9F, 1.0F, 9.0F};
  const Tensor codes = quantize_weights(weights, {8}, 1.0, 2);
  EXPECT_EQ(codes.converted<int>(), (std::vector<int>{-2, -2, -1, -1, 0, 0, 1, 1}));
  EXPECT_EQ(codes.type_name(), "int8");
  EXPECT_EQ(quantize_weights(weights, {2, 4}, 1.0, 9).type_name(), "int16");
}

TEST(LaplaceQuantizer, SpacingScalesWithTheMeanMagnitude) {
  const std::vector<float> weights = laplace_values(20000, 0.25, 7);
  double sum = 0.0;
  for (const float w : weights) {
    sum += std::fabs(static_cast<double>(w));
  }
  EXPECT_DOUBLE_EQ(weight_spacing(weights, 3), laplace_spacing(3) * (sum / 20000.0));
}

TEST(LaplaceQuantizer, AboveEightBitsTheRangeIsNotWiderThanTheData) {
  const std::vector<float> weights = {0.5F, -1.0F, 0.25F, 0.125F};
  EXPECT_DOUBLE_EQ(weight_spacing(weights, 16), 1.0 / 32768.0);
  EXPECT_GT(weight_spacing(weights, 8), 0.0);
}

TEST(LaplaceQuantizer, AllZeroWeightsGetNegligibleLevels) {
  const std::vector<float> weights(9, 0.0F);
  EXPECT_GT(weight_spacing(weights, 2), 0.0);
  EXPECT_LT(weight_spacing(weights, 2), 1e-20);
}

}  // namespace
}  // namespace turnpike::models
