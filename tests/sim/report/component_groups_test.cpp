#include "sim/report/component_groups.hpp"

#include <gtest/gtest.h>

namespace turnpike::report {
namespace {

TEST(ComponentGroupsTest, HoldEveryComponentOnce) {
  std::array<int, kComponents> times{};
  for (const ComponentGroup& group : component_groups()) {
    for (const Component component : group.components) {
      times[static_cast<std::size_t>(component)] += 1;
    }
  }
  for (int c = 0; c < kComponents; ++c) {
    EXPECT_EQ(times[static_cast<std::size_t>(c)], 1) << to_string(static_cast<Component>(c));
  }
}

}  // namespace
}  // namespace turnpike::report
