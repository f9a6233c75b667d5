#include "pe/layer_data.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "sim/base/random.hpp"

namespace turnpike::pe {
namespace {

struct Problem {
  LayerExtents x;
  std::vector<std::int32_t> ifmap, filter;
};

Problem random_problem(Random& random, std::int64_t ifmap_max, std::int64_t filter_max) {
  Problem problem;
  LayerExtents& x = problem.x;
  x = {
      random.integer(1, 2), random.integer(1, 2), random.integer(1, 40), random.integer(1, 5), 0, 0,
      random.integer(1, 4), random.integer(1, 4), random.integer(1, 3),  random.integer(1, 3)};
  x.H = x.R + random.integer(0, 9);
  x.W = x.S + random.integer(0, 20);
  problem.ifmap.resize(static_cast<std::size_t>(x.N * x.G * x.C * x.H * x.W));
  problem.filter.resize(static_cast<std::size_t>(x.G * x.M * x.C * x.R * x.S));
  for (auto& value : problem.ifmap) {
    value = static_cast<std::int32_t>(random.uniform() < 0.4 ? 0 : random.integer(0, ifmap_max));
  }
  for (auto& value : problem.filter) {
    value = static_cast<std::int32_t>(random.integer(-filter_max, filter_max));
  }
  return problem;
}

/// [N][G * M][E][F] by plain loops; counts MACs whose ifmap value is zero.
std::vector<std::int64_t> naive(const Problem& problem, std::uint64_t& zeros) {
  const LayerExtents& x = problem.x;
  std::vector<std::int64_t> out;
  zeros = 0;
  for (std::int64_t n = 0; n < x.N; ++n) {
    for (std::int64_t m = 0; m < x.G * x.M; ++m) {
      for (std::int64_t y = 0; y < x.E(); ++y) {
        for (std::int64_t column = 0; column < x.F(); ++column) {
          std::int64_t sum = 0;
          for (std::int64_t c = 0; c < x.C; ++c) {
            for (std::int64_t i = 0; i < x.R; ++i) {
              for (std::int64_t s = 0; s < x.S; ++s) {
                const std::int64_t plane = n * x.G * x.C + m / x.M * x.C + c;
                const auto a =
                    static_cast<std::size_t>((plane * x.H + y * x.U + i) * x.W + column * x.V + s);
                const auto w = static_cast<std::size_t>(((m * x.C + c) * x.R + i) * x.S + s);
                sum += std::int64_t{problem.ifmap[a]} * problem.filter[w];
                zeros += problem.ifmap[a] == 0 ? 1U : 0U;
              }
            }
          }
          out.push_back(sum);
        }
      }
    }
  }
  return out;
}

/// Random cuts of the layer into passes that cover it once.
void run_in_passes(LayerData& data, const LayerExtents& x, Random& random) {
  const std::int64_t step_m = random.integer(1, x.M);
  const std::int64_t step_c = random.integer(1, x.C);
  const std::int64_t step_e = random.integer(1, x.E());
  const std::int64_t step_f = random.integer(1, x.F());
  const std::int64_t step_r = random.integer(1, x.R);
  for (std::int64_t g = 0; g < x.G; ++g) {
    for (std::int64_t m = 0; m < x.M; m += step_m) {
      for (std::int64_t y = 0; y < x.E(); y += step_e) {
        for (std::int64_t f = 0; f < x.F(); f += step_f) {
          for (std::int64_t c = 0; c < x.C; c += step_c) {
            for (std::int64_t r = 0; r < x.R; r += step_r) {
              data.run_pass({g, 0, x.N, m, std::min(step_m, x.M - m), c, std::min(step_c, x.C - c),
                             y, std::min(step_e, x.E() - y), f, std::min(step_f, x.F() - f), r,
                             std::min(step_r, x.R - r), 0, x.S});
            }
          }
        }
      }
    }
  }
}

TEST(LayerData, EqualsPlainLoopsHoweverTheLayerIsCut) {
  const std::int64_t magnitudes[] = {3, 255, 65535};  // float, double and wide double paths
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Random random{seed};
    const std::int64_t magnitude = magnitudes[seed % 3];
    const Problem problem = random_problem(random, magnitude, magnitude);
    std::uint64_t zeros = 0;
    const auto expected = naive(problem, zeros);
    const auto data = make_layer_data(problem.x, problem.ifmap, problem.filter);
    run_in_passes(*data, problem.x, random);
    ASSERT_EQ(data->psums_as_integer(), expected);
    std::vector<std::uint8_t> is_zero;
    for (const std::int32_t value : problem.ifmap) {
      is_zero.push_back(value == 0 ? 1 : 0);
    }
    EXPECT_EQ(zero_macs(problem.x, is_zero), zeros);
  }
}

TEST(LayerData, TellsTheWidestPsumOfAnyPass) {
  const LayerExtents x{1, 1, 1, 2, 1, 1, 1, 1, 1, 1};
  const auto data =
      make_layer_data(x, std::vector<std::int32_t>{10, 10}, std::vector<std::int32_t>{7, -7});
  PassSlice slice;
  data->run_pass(slice);
  slice.channel0 = 1;
  data->run_pass(slice);
  EXPECT_EQ(data->psums_as_integer(), std::vector<std::int64_t>{0});
  EXPECT_EQ(data->widest_psum(), 70.0);
}

TEST(LayerData, RoundsFloatingOperandsAsDouble) {
  const LayerExtents x{1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
  const auto data = make_layer_data(x, std::vector<double>{0.1}, std::vector<double>{3.0});
  data->run_pass({});
  EXPECT_DOUBLE_EQ(data->psums_as_double()[0], 0.1 * 3.0);
}

}  // namespace
}  // namespace turnpike::pe
