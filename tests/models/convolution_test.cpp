#include "models/convolution.hpp"

#include <gtest/gtest.h>

#include "models/integer_convolution.hpp"
#include "tests/models/naive.hpp"

namespace turnpike::models {
namespace {

template <class T>
void expect_equals_naive(std::int64_t magnitude) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Random random{seed};
    const ConvShape s = naive::random_shape(random);
    const auto x = naive::random_integers<T>(random, s.batch * s.channels * s.rows * s.columns,
                                             -magnitude, magnitude);
    const auto w = naive::random_integers<T>(random, s.filters * s.fan_in(), -magnitude, magnitude);
    std::vector<T> out(static_cast<std::size_t>(s.outputs()), T{77});
    convolve<T>(s, x.data(), w.data(), out.data());
    EXPECT_EQ(out, naive::convolve(s, x, w));
  }
}

TEST(Convolution, FloatEqualsNaiveLoopsOnRandomShapes) {
  expect_equals_naive<float>(100);
}
TEST(Convolution, DoubleEqualsNaiveLoopsOnRandomShapes) {
  expect_equals_naive<double>(100000);
}
TEST(Convolution, IntegersEqualNaiveLoopsOnRandomShapes) {
  expect_equals_naive<std::int64_t>(100000000);
}

TEST(Convolution, SplitsMapsThatAreLargerThanItsPatchBuffer) {
  ConvShape s;
  s.channels = 40;
  s.rows = s.columns = 34;
  s.filters = 3;
  s.kernel_rows = s.kernel_columns = 5;
  s.pad = {2, 2, 2, 2};
  s.out_rows = s.out_columns = 34;
  Random random{3};
  const auto x = naive::random_integers<float>(random, 40 * 34 * 34, -9, 9);
  const auto w = naive::random_integers<float>(random, 3 * 40 * 25, -9, 9);
  std::vector<float> out(static_cast<std::size_t>(s.outputs()));
  convolve<float>(s, x.data(), w.data(), out.data());
  EXPECT_EQ(out, naive::convolve(s, x, w));
}

TEST(Convolution, FullyConnectedLayersMultiplyEachImageByTheMatrix) {
  ConvShape s;
  s.batch = 3;
  s.channels = 17;
  s.filters = 5;
  Random random{4};
  const auto x = naive::random_integers<double>(random, 3 * 17, -9, 9);
  const auto w = naive::random_integers<double>(random, 5 * 17, -9, 9);
  std::vector<double> out(15);
  convolve<double>(s, x.data(), w.data(), out.data());
  EXPECT_EQ(out, naive::convolve(s, x, w));
}

TEST(Convolution, BytesEqualNaiveLoopsOnRandomShapesSignsAndZeros) {
  int run = 0;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Random random{seed};
    ConvShape s = naive::random_shape(random);
    s.channels *= seed % 3 == 0 ? 4 : 1;
    if (!has_byte_sums(s)) {
      continue;
    }
    ++run;
    const std::int64_t shift = seed % 2 == 0 ? 128 : 0;
    const std::int64_t zero = random.integer(0, 255) - shift;
    const auto codes = naive::random_integers<std::int64_t>(
        random, s.batch * s.channels * s.rows * s.columns, -shift, 255 - shift);
    const auto w = naive::random_integers<std::int64_t>(random, s.filters * s.fan_in(), -128, 127);
    std::vector<std::uint8_t> x;
    std::vector<std::int64_t> operands;
    for (const std::int64_t code : codes) {
      x.push_back(static_cast<std::uint8_t>(code + shift));
      operands.push_back(code - zero);
    }
    const std::vector<std::int32_t> found =
        byte_sums({.shape = s, .shift = shift, .zero = zero}, x, {w.begin(), w.end()});
    const std::vector<std::int64_t> wanted = naive::convolve(s, operands, w);
    EXPECT_EQ(std::vector<std::int64_t>(found.begin(), found.end()), wanted);
  }
  if (run == 0) {
    GTEST_SKIP() << "this build does not multiply bytes";
  }
}

}  // namespace
}  // namespace turnpike::models
