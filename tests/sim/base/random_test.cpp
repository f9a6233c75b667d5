#include "sim/base/random.hpp"

#include <cmath>

#include <gtest/gtest.h>

namespace turnpike {
namespace {

TEST(Random, FollowsTheReferenceSequenceOfSplitMix64) {
  // First outputs for seed 1234567 of Vigna's splitmix64.c.
  Random random{1234567};
  EXPECT_EQ(random.next(), 6457827717110365317ULL);
  EXPECT_EQ(random.next(), 3203168211198807973ULL);
}

TEST(Random, LaplaceHasTheStatedMeanAbsoluteValueAndNoBias) {
  Random random{42};
  double sum = 0.0;
  double magnitude = 0.0;
  constexpr int kDraws = 200000;
  for (int i = 0; i < kDraws; ++i) {
    const double x = random.laplace(0.5);
    sum += x;
    magnitude += std::fabs(x);
  }
  EXPECT_NEAR(magnitude / kDraws, 0.5, 0.005);
  EXPECT_NEAR(sum / kDraws, 0.0, 0.01);
}

}  // namespace
}  // namespace turnpike
