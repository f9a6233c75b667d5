#include <algorithm>
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/laplace_quantizer.hpp"
#include "models/quantizers/activation_range.hpp"
#include "models/quantizers/weight_quantizer.hpp"
#include "models/synthetic.hpp"

namespace turnpike::models {
namespace {

struct Quantized {
  traces::TensorDeclaration declared;
  Tensor codes;

  /// The value a code stands for, for the channel of element i along axis 0.
  [[nodiscard]] double real(std::int64_t i) const {
    const std::int64_t channel = i / (codes.size() / codes.shape()[0]);
    const double scale = declared.scale[declared.axis ? static_cast<std::size_t>(channel) : 0];
    return scale * (codes.at(i) - declared.zero_point);
  }
};

Quantized quantized(const std::vector<float>& values, const TensorShape& shape,
                    WeightQuantizer quantizer, int bits, std::optional<int> axis = {},
                    std::optional<double> step = {}) {
  Quantized out;
  out.declared.bits = bits;
  out.codes = quantize_weights({values, shape, bits, quantizer, axis, step}, out.declared);
  return out;
}

std::vector<double> reals(const Quantized& found) {
  std::vector<double> out;
  for (std::int64_t i = 0; i < found.codes.size(); ++i) {
    out.push_back(found.real(i));
  }
  return out;
}

using testing::DoubleNear;
using testing::ElementsAre;

TEST(WeightQuantizers, GiveTheLevelsTheirPapersSay) {
  const std::vector<float> w{1.0F, -0.5F, 0.1F, -2.0F};  // mean magnitude 0.9
  const TensorShape shape{4};
  EXPECT_THAT(reals(quantized(w, shape, WeightQuantizer::sign, 1)),
              ElementsAre(DoubleNear(0.9, 1e-7), DoubleNear(-0.9, 1e-7), DoubleNear(0.9, 1e-7),
                          DoubleNear(-0.9, 1e-7)));
  // Beyond 0.63: 1 and 2, their mean is 1.5.
  EXPECT_THAT(reals(quantized(w, shape, WeightQuantizer::ternary, 2)),
              ElementsAre(1.5, 0.0, 0.0, -1.5));
  // Three bits: 2 is code 3, so a step is 2/3.
  EXPECT_THAT(reals(quantized(w, shape, WeightQuantizer::minmax, 3)),
              ElementsAre(DoubleNear(4.0 / 3.0, 1e-12), DoubleNear(-2.0 / 3.0, 1e-12), 0.0,
                          DoubleNear(-2.0, 1e-12)));
  // round(w / 0.5) in -2..1.
  EXPECT_THAT(reals(quantized(w, shape, WeightQuantizer::lsq, 2, {}, 0.5)),
              ElementsAre(0.5, -0.5, 0.0, -1.0));
  // tanh(w) / tanh(2) = 0.79, -0.48, 0.10, -1 on -1, -1/3, 1/3, 1.
  EXPECT_THAT(reals(quantized(w, shape, WeightQuantizer::dorefa, 2)),
              ElementsAre(DoubleNear(1.0, 1e-12), DoubleNear(-1.0 / 3, 1e-12),
                          DoubleNear(1.0 / 3, 1e-12), DoubleNear(-1.0, 1e-12)));
}

TEST(WeightQuantizers, TheOneOfLeastSquaredErrorIsBeatenByNoOtherScale) {
  const std::vector<float> w = laplace_values(3000, 0.3, 7);
  const auto error = [&](const std::vector<double>& levels) {
    double sum = 0.0;
    for (std::size_t i = 0; i < w.size(); ++i) {
      sum += std::pow(levels[i] - static_cast<double>(w[i]), 2);
    }
    return sum;
  };
  for (const int bits : {2, 3, 4}) {
    const double least = error(reals(quantized(w, {3000}, WeightQuantizer::mse, bits)));
    const double high = std::ldexp(1.0, bits - 1) - 1.0;
    for (double scale = 0.02; scale < 3.0; scale *= 1.01) {
      std::vector<double> levels;
      for (const float value : w) {
        levels.push_back(
            scale * std::clamp(std::nearbyint(static_cast<double>(value) / scale), -high, high));
      }
      EXPECT_LE(least, error(levels) * 1.002) << bits << " bits, scale " << scale;
    }
  }
}

TEST(WeightQuantizers, SawbIsNearTheBestOfItsFamilyOnDensitiesItWasNotGiven) {
  // Uniform weights are among those it was fitted to, a mixture is not.
  std::vector<float> w = laplace_values(4000, 0.2, 3);
  const std::vector<float> more = uniform_values(4000, -0.5, 0.5, 4);
  w.insert(w.end(), more.begin(), more.end());
  for (const int bits : {2, 3, 4}) {
    const Quantized found = quantized(w, {8000}, WeightQuantizer::sawb, bits);
    const auto error = [&](double spacing) {
      double sum = 0.0;
      const double top = std::ldexp(1.0, bits - 1);
      for (const float value : w) {
        const double cell =
            std::clamp(std::floor(static_cast<double>(value) / spacing), -top, top - 1.0);
        sum += std::pow((cell + 0.5) * spacing - static_cast<double>(value), 2);
      }
      return sum;
    };
    double least = error(0.01);
    for (double spacing = 0.01; spacing < 2.0; spacing *= 1.01) {
      least = std::min(least, error(spacing));
    }
    EXPECT_LT(error(found.declared.scale[0]), 1.15 * least) << bits;  // 10.05 % at 4 bits
  }
}

TEST(WeightQuantizers, ChannelsHaveScalesOfTheirOwnAlongEitherAxis) {
  std::vector<float> w = laplace_values(600, 0.3, 9);
  for (std::size_t i = 0; i < 200; ++i) {
    w[i] *= 5.0F;  // the first of three filters
  }
  for (const WeightQuantizer quantizer :
       {WeightQuantizer::laplace, WeightQuantizer::minmax, WeightQuantizer::mse,
        WeightQuantizer::sawb, WeightQuantizer::ternary}) {
    const int bits = quantizer == WeightQuantizer::ternary ? 2 : 3;
    const Quantized all = quantized(w, {3, 200}, quantizer, bits, 0);
    ASSERT_EQ(all.declared.scale.size(), 3U);
    for (std::int64_t m = 0; m < 3; ++m) {
      const std::vector<float> one{w.begin() + m * 200, w.begin() + (m + 1) * 200};
      const Quantized alone = quantized(one, {200}, quantizer, bits);
      EXPECT_EQ(all.declared.scale[static_cast<std::size_t>(m)], alone.declared.scale[0]);
      for (std::int64_t i = 0; i < 200; ++i) {
        EXPECT_EQ(all.codes.at(m * 200 + i), alone.codes.at(i));
      }
    }
    std::vector<float> turned(600);
    for (std::size_t m = 0; m < 3; ++m) {
      for (std::size_t i = 0; i < 200; ++i) {
        turned[i * 3 + m] = w[m * 200 + i];
      }
    }
    EXPECT_EQ(quantized(turned, {200, 3}, quantizer, bits, 1).declared.scale, all.declared.scale);
  }
}

TEST(WeightQuantizers, WeightsThatAreAllZeroDoNoHarm) {
  const std::vector<float> none(8, 0.0F);
  for (const WeightQuantizer quantizer :
       {WeightQuantizer::laplace, WeightQuantizer::minmax, WeightQuantizer::mse,
        WeightQuantizer::dorefa, WeightQuantizer::sawb, WeightQuantizer::lsq,
        WeightQuantizer::ternary}) {
    const Quantized found = quantized(none, {8}, quantizer, 2);
    EXPECT_TRUE(std::isfinite(found.declared.scale[0]) && found.declared.scale[0] > 0.0);
  }
}

TEST(ActivationRanges, TheLargestThePercentileAndAStep) {
  std::vector<float> values(10000, 0.5F);
  std::fill(values.begin(), values.begin() + 20, 8.0F);  // 0.2 %
  const ValueHistogram many{values};
  EXPECT_EQ(largest_clip(many), 8.0);
  EXPECT_EQ(percentile_clip(many), 8.0);
  std::fill(values.begin() + 5, values.begin() + 20, 0.5F);  // 0.05 %
  const ValueHistogram few{values};
  EXPECT_NEAR(percentile_clip(few), 0.5, 8.0 / 2048.0);
  EXPECT_EQ(uniform_grid(Grid::positive, 3, clip_of_step(0.25, Grid::positive, 3)).scale, 0.25);
  EXPECT_EQ(uniform_grid(Grid::symmetric, 3, clip_of_step(0.25, Grid::symmetric, 3)).scale, 0.25);
}

TEST(ActivationRanges, AnAsymmetricGridHasALevelAtZeroAndFollowsTheValues) {
  const std::vector<float> values = uniform_values(20000, -1.0, 3.0, 2);
  const ValueHistogram histogram{values};
  const UniformGrid grid = best_asymmetric(histogram, 4);
  EXPECT_EQ(grid.zero_point, std::nearbyint(grid.zero_point));
  EXPECT_NEAR(grid.scale, 4.0 / 15.0, 0.02);
  EXPECT_NEAR(grid.zero_point, 4.0, 0.6);
  EXPECT_FALSE(grid.is_signed);
}

}  // namespace
}  // namespace turnpike::models
