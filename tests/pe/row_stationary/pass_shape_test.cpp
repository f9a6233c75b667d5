#include "pe/row_stationary/pass_shape.hpp"

#include <gtest/gtest.h>

#include "sim/base/error.hpp"

namespace turnpike::pe::row_stationary {
namespace {

TEST(PlaceChains, CutsWideStripsIntoSegmentsStackedVertically) {
  PassShape s;  // AlexNet CONV2: 27 = 14 + 13 columns of 5 rows
  s.R = s.S = 5;
  s.e = 27;
  const auto chains = place_chains(s);
  ASSERT_EQ(chains.size(), 2U);
  EXPECT_EQ(chains[0].width, 14);
  EXPECT_EQ(chains[1].width, 13);
  EXPECT_EQ(chains[1].first_ofmap_row, 14);
  EXPECT_EQ(chains[1].array_row, 5);
}

TEST(PlaceChains, PutsNarrowFilterSetsSideBySide) {
  PassShape s;  // AlexNet CONV1
  s.R = s.S = 11;
  s.e = 7;
  s.t = 2;
  s.filters = 2;
  const auto chains = place_chains(s);
  ASSERT_EQ(chains.size(), 2U);
  EXPECT_EQ(chains[1].array_column, 7);
  EXPECT_EQ(chains[1].array_row, 0);
}

TEST(PlaceChains, RefusesWhatDoesNotFit) {
  PassShape s;
  s.R = s.S = 11;
  s.e = 8;
  s.t = 2;
  s.filters = 2;
  EXPECT_THROW(static_cast<void>(place_chains(s)), InternalError);
}

TEST(PassShape, GivesTheLastSetTheRest) {
  PassShape s;
  s.p = 16;
  s.t = 2;
  s.filters = 24;
  EXPECT_EQ(s.filters_of(0), 16);
  EXPECT_EQ(s.filters_of(1), 8);
}

TEST(PassShape, SendsOnlyColumnsThatAreRead) {
  PassShape s;
  s.F = 5;
  s.S = 1;
  s.V = 2;
  EXPECT_EQ(s.ifmap_columns(), 5);
  EXPECT_EQ(s.ifmap_column(3), 6);
  s.S = 3;
  EXPECT_EQ(s.ifmap_columns(), 11);
}

}  // namespace
}  // namespace turnpike::pe::row_stationary
