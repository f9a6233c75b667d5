#include "sim/base/action_count.hpp"

#include <gtest/gtest.h>

namespace turnpike {
namespace {

TEST(ActionCount, NamesReadBack) {
  for (int i = 0; i < kComponents; ++i) {
    Component found = Component::mac;
    ASSERT_TRUE(from_string(to_string(static_cast<Component>(i)), found));
    EXPECT_EQ(found, static_cast<Component>(i));
  }
  for (int i = 0; i < kActions; ++i) {
    Action found = Action::read;
    ASSERT_TRUE(from_string(to_string(static_cast<Action>(i)), found));
    EXPECT_EQ(found, static_cast<Action>(i));
  }
  Stream stream = Stream::low;
  EXPECT_FALSE(from_string("fast", stream));
}

TEST(ActionCount, WidthsSayWhatThePriceDependsOn) {
  ActionKey key;
  key.bits = 2;
  EXPECT_EQ(widths_text(key), "2");
  key.weight_bits = 3;
  key.psum_bits = 16;
  key.midrise = true;
  EXPECT_EQ(widths_text(key), "2x3m+16");
}

TEST(ActionCount, AccumulateAddsKeyByKey) {
  ActionCounts a;
  a[{}] = 3;
  ActionCounts b;
  b[{}] = 4;
  b[{Component::dram, Action::read, Stream::highway, {}, 64}] = 1;
  accumulate(a, b);
  EXPECT_EQ(a.size(), 2U);
  EXPECT_EQ(a[{}], 7U);
}

}  // namespace
}  // namespace turnpike
