#include "models/synthetic.hpp"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

namespace turnpike::models {
namespace {

TEST(Synthetic, LaplaceValuesHaveTheirMeanVarianceAndTail) {
  const std::vector<float> values = laplace_values(1000001, 0.5, 3);
  double sum = 0.0;
  double magnitude = 0.0;
  double square = 0.0;
  double beyond = 0.0;
  for (const float value : values) {
    const auto v = static_cast<double>(value);
    sum += v;
    magnitude += std::fabs(v);
    square += v * v;
    beyond += std::fabs(v) > 1.5 ? 1.0 : 0.0;
  }
  EXPECT_NEAR(sum / 1e6, 0.0, 0.003);
  EXPECT_NEAR(magnitude / 1e6, 0.5, 0.002);
  EXPECT_NEAR(square / 1e6, 0.5, 0.005);  // 2 mu^2
  EXPECT_NEAR(beyond / 1e6, std::exp(-3.0), 0.001);
}

TEST(Synthetic, EqualSeedsGiveEqualValuesAndNamesTellTensorsApart) {
  EXPECT_EQ(laplace_values(99, 1.0, 5), laplace_values(99, 1.0, 5));
  EXPECT_NE(laplace_values(99, 1.0, 5), laplace_values(99, 1.0, 6));
  EXPECT_NE(tensor_seed(1, "conv1.w"), tensor_seed(1, "conv2.w"));
  EXPECT_NE(tensor_seed(1, "conv1.w"), tensor_seed(2, "conv1.w"));
}

TEST(Synthetic, SparseCodesHaveExactlyTheirZeros) {
  for (const double fraction : {0.0, 0.0001, 0.387, 0.5, 1.0}) {
    const auto codes = sparse_codes(
        {.count = 12345, .zero_fraction = fraction, .low = 0, .high = 15, .zero = 0}, 9);
    EXPECT_EQ(std::count(codes.begin(), codes.end(), 0),
              static_cast<std::ptrdiff_t>(std::nearbyint(fraction * 12345)));
    EXPECT_LE(*std::max_element(codes.begin(), codes.end()), 15);
  }
}

TEST(Synthetic, ZerosStandAtTheSamePlacesAtEveryWidth) {
  const auto narrow =
      sparse_codes({.count = 999, .zero_fraction = 0.4, .low = 0, .high = 3, .zero = 0}, 4);
  const auto wide =
      sparse_codes({.count = 999, .zero_fraction = 0.4, .low = 0, .high = 65535, .zero = 0}, 4);
  for (std::size_t i = 0; i < narrow.size(); ++i) {
    EXPECT_EQ(narrow[i] == 0, wide[i] == 0) << i;
  }
}

}  // namespace
}  // namespace turnpike::models
