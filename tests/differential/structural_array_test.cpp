// ArrayCore against the structural build of the array, pass by pass.

#include "tests/differential/structural_array.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "tests/differential/compare_pass.hpp"
#include "tests/pe/row_stationary/random_pass.hpp"

namespace turnpike::differential {
namespace {

constexpr std::uint64_t kPasses = 400;

TEST(StructuralArray, AgreesWithArrayCoreOnRandomPasses) {
  for (std::uint64_t seed = 1; seed <= kPasses; ++seed) {
    const Comparison comparison = compare_random_pass(seed);
    ASSERT_EQ(comparison.mismatch, "") << "seed " << seed << ": " << to_string(comparison.shape);
  }
}

TEST(StructuralArray, AgreesWithArrayCoreOnPassesOfRealLayers) {
  pe::row_stationary::PassShape conv1;  // AlexNet CONV1, first columns
  conv1.R = conv1.S = 11;
  conv1.U = conv1.V = 4;
  conv1.e = 7;
  conv1.F = 5;
  conv1.p = 16;
  conv1.t = 2;
  conv1.filters = 32;
  pe::row_stationary::PassShape conv2;  // AlexNet CONV2: a strip of 27 = 14 + 13 columns
  conv2.R = conv2.S = 5;
  conv2.e = 27;
  conv2.F = 6;
  conv2.p = conv2.filters = 16;
  conv2.q = conv2.channels = 2;
  pe::row_stationary::PassShape conv4;  // AlexNet CONV4
  conv4.R = conv4.S = 3;
  conv4.e = 13;
  conv4.F = 6;
  conv4.p = 16;
  conv4.t = 2;
  conv4.filters = 32;
  conv4.q = 3;
  conv4.r = 2;
  conv4.channels = 6;
  pe::row_stationary::PassShape downsample;  // ResNet 1x1 stride 2
  downsample.U = downsample.V = 2;
  downsample.e = 14;
  downsample.F = 14;
  downsample.p = 12;
  downsample.t = 2;
  downsample.filters = 24;
  downsample.q = 12;
  downsample.r = 6;
  downsample.channels = 64;
  for (const pe::row_stationary::PassShape& shape : {conv1, conv2, conv4, downsample}) {
    EXPECT_EQ(compare_pass(shape, 1).mismatch, "") << to_string(shape);
  }
}

/// What a random pass must sometimes be for the comparison to mean something.
struct Coverage {
  int segments = 0, ragged_filters = 0, ragged_channels = 0, row_gaps = 0, column_gaps = 0;
  int depth_one = 0, full_psum_spad = 0, full_ifmap_spad = 0, wide_ifmap_bus = 0, side_by_side = 0;
  int several_images = 0, long_runs = 0;

  void add(const pe::row_stationary::PassShape& s) {
    segments += s.e > s.columns ? 1 : 0;
    ragged_filters += s.t > 1 && s.filters % s.p != 0 ? 1 : 0;
    ragged_channels += s.r > 1 && s.channels % s.q != 0 ? 1 : 0;
    row_gaps += s.U > s.R && s.e > 1 ? 1 : 0;
    column_gaps += s.V > s.S && s.F > 1 ? 1 : 0;
    depth_one += s.fifo_depth == 1 ? 1 : 0;
    full_psum_spad += s.p == s.psum_spad ? 1 : 0;
    full_ifmap_spad += s.q * s.S == s.ifmap_spad ? 1 : 0;
    wide_ifmap_bus += s.ifmap_rate > 1 && s.q > 1 ? 1 : 0;
    side_by_side += s.t > 1 && 2 * s.e <= s.columns ? 1 : 0;
    several_images += s.n > 1 ? 1 : 0;
    long_runs += s.p > 64 ? 1 : 0;
  }
  [[nodiscard]] int least() const {
    return std::min({segments, ragged_filters, ragged_channels, row_gaps, column_gaps, depth_one,
                     full_psum_spad, full_ifmap_spad, wide_ifmap_bus, side_by_side, several_images,
                     long_runs});
  }
};

TEST(RandomShape, DrawsEveryKindOfPass) {
  Coverage coverage;
  for (std::uint64_t seed = 1; seed <= kPasses; ++seed) {
    Random random{seed};
    coverage.add(pe::row_stationary::test::random_shape(random));
  }
  EXPECT_GE(coverage.least(), 3);
  EXPECT_GE(coverage.depth_one, 20);
  EXPECT_GE(coverage.ragged_filters, 20);
  EXPECT_GE(coverage.column_gaps, 20);
}

TEST(StructuralArray, TellsWhenAPassDoesNotEnd) {
  pe::row_stationary::PassShape shape;
  shape.F = 100;
  Random random{1};
  pe::PassOperands operands = pe::row_stationary::test::random_operands(shape, random);
  EXPECT_FALSE(run_structural(shape, operands, 600).finished);
}

}  // namespace
}  // namespace turnpike::differential
