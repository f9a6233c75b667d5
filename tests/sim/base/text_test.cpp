#include "sim/base/text.hpp"

#include <gtest/gtest.h>

namespace turnpike {
namespace {

TEST(Text, GlobMatchesRunsAndSingles) {
  EXPECT_TRUE(glob_match("layer1.*", "layer1.0.conv1"));
  EXPECT_TRUE(glob_match("*conv?", "layer1.0.conv1"));
  EXPECT_TRUE(glob_match("*", ""));
  EXPECT_FALSE(glob_match("layer1.*", "layer2.0"));
  EXPECT_FALSE(glob_match("a", "ab"));
  EXPECT_TRUE(glob_match("layer[12].*", "layer2.0"));
  EXPECT_TRUE(glob_match("features/*", "features/0/conv"));
  EXPECT_TRUE(glob_match("a\\*", "a\\b"));
}

TEST(Text, SuggestsTheNearestWordOrListsAll) {
  EXPECT_EQ(suggestion("colums", {"rows", "columns"}), "; did you mean 'columns'?");
  EXPECT_EQ(suggestion("zzzzzz", {"rows", "columns"}), "; known: rows, columns");
}

TEST(Text, ShortestReadsBack) {
  EXPECT_EQ(shortest(0.1), "0.1");
  EXPECT_EQ(std::stod(shortest(1.0 / 3.0)), 1.0 / 3.0);
}

}  // namespace
}  // namespace turnpike
