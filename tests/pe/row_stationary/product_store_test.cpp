#include "pe/row_stationary/product_store.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "sim/base/random.hpp"
#include "tests/pe/row_stationary/random_pass.hpp"

namespace turnpike::pe::row_stationary {
namespace {

struct Problem {
  LayerShape x;
  std::vector<std::int32_t> ifmap, filter;
};

Problem random_problem(Random& random, std::int64_t ifmap_max, std::int64_t filter_max) {
  Problem problem;
  LayerShape& x = problem.x;
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
  const LayerShape& x = problem.x;
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
template <class Visit>
void for_each_random_pass(const LayerShape& x, Random& random, const Visit& visit) {
  const std::int64_t step_m = random.integer(1, x.M);
  const std::int64_t step_c = random.integer(1, x.C);
  const std::int64_t step_e = random.integer(1, x.E());
  const std::int64_t step_f = random.integer(1, x.F());
  const std::int64_t step_r = random.integer(1, x.R);
  const std::int64_t step_s = random.integer(1, x.S);
  ProcessingPass s;
  s.images = x.N;
  for (s.group = 0; s.group < x.G; ++s.group) {
    for (s.filter0 = 0; s.filter0 < x.M; s.filter0 += step_m) {
      s.filters = std::min(step_m, x.M - s.filter0);
      for (s.row0 = 0; s.row0 < x.E(); s.row0 += step_e) {
        s.e = std::min(step_e, x.E() - s.row0);
        for (s.column0 = 0; s.column0 < x.F(); s.column0 += step_f) {
          s.F = std::min(step_f, x.F() - s.column0);
          for (s.channel0 = 0; s.channel0 < x.C; s.channel0 += step_c) {
            s.channels = std::min(step_c, x.C - s.channel0);
            for (s.kernel_row0 = 0; s.kernel_row0 < x.R; s.kernel_row0 += step_r) {
              s.R = std::min(step_r, x.R - s.kernel_row0);
              for (s.kernel_column0 = 0; s.kernel_column0 < x.S; s.kernel_column0 += step_s) {
                s.S = std::min(step_s, x.S - s.kernel_column0);
                visit(s);
              }
            }
          }
        }
      }
    }
  }
}

TEST(ProductStore, EqualsPlainLoopsHoweverTheLayerIsCut) {
  const std::int64_t magnitudes[] = {3, 255, 65535};  // float, double and wide double paths
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Random random{seed};
    const std::int64_t magnitude = magnitudes[seed % 3];
    const Problem problem = random_problem(random, magnitude, magnitude);
    std::uint64_t zeros = 0;
    const auto expected = naive(problem, zeros);
    const auto data = make_product_store(problem.x, problem.ifmap, problem.filter);
    for_each_random_pass(problem.x, random,
                         [&data](const ProcessingPass& s) { data->add_products(s); });
    ASSERT_EQ(data->psums_as_integer(), expected);
    std::vector<std::uint8_t> is_zero;
    for (const std::int32_t value : problem.ifmap) {
      is_zero.push_back(value == 0 ? 1 : 0);
    }
    EXPECT_EQ(zero_macs(problem.x, is_zero), zeros);
  }
}

TEST(ProductStore, HandsThePassesOfTheArrayTheirOperandsAndTakesTheirPsums) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Random random{seed};
    const Problem problem = random_problem(random, 9, 9);
    std::uint64_t zeros = 0;
    const auto expected = naive(problem, zeros);
    const auto data = make_product_store(problem.x, problem.ifmap, problem.filter);
    for_each_random_pass(problem.x, random, [&](const ProcessingPass& s) {
      PassOperands operands = data->operands_of(s);
      operands.psum = test::naive_pass(pass_shape(s, problem.x, {}), operands);
      data->store(s, operands);
    });
    ASSERT_EQ(data->psums_as_integer(), expected);
  }
}

TEST(ProductStore, RunsAPassAsTheMachineHoldsIt) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Random random{seed};
    const Problem problem = random_problem(random, 9, 9);
    std::uint64_t zeros = 0;
    const auto expected = naive(problem, zeros);
    const auto data = make_product_store(problem.x, problem.ifmap, problem.filter);
    for_each_random_pass(problem.x, random, [&](const ProcessingPass& s) {
      data->run_pass(array_pass(s, problem.x, {}));
    });
    ASSERT_EQ(data->psums_as_integer(), expected);
    const auto whole = make_product_store(problem.x, problem.ifmap, problem.filter);
    whole->run_layer();
    ASSERT_EQ(whole->psums_as_integer(), expected);
  }
}

TEST(ProductStore, TellsTheWidestPsumOfAnyPass) {
  const LayerShape x{1, 1, 1, 2, 1, 1, 1, 1, 1, 1};
  const auto data =
      make_product_store(x, std::vector<std::int32_t>{10, 10}, std::vector<std::int32_t>{7, -7});
  ProcessingPass pass;
  data->add_products(pass);
  pass.channel0 = 1;
  data->add_products(pass);
  EXPECT_EQ(data->psums_as_integer(), std::vector<std::int64_t>{0});
  EXPECT_EQ(data->widest_psum(), 70.0);
}

TEST(ProductStore, RoundsFloatingOperandsAsDouble) {
  const LayerShape x{1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
  const auto data = make_product_store(x, std::vector<double>{0.1}, std::vector<double>{3.0});
  data->add_products({});
  EXPECT_DOUBLE_EQ(data->psums_as_double()[0], 0.1 * 3.0);
}

}  // namespace
}  // namespace turnpike::pe::row_stationary
