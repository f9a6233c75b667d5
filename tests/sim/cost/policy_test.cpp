#include "sim/cost/policy.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/sim/cost/fixtures.hpp"

namespace turnpike::cost {
namespace {

using testing::HasSubstr;

TEST(Policy, ComponentsAreUncertainWithTheirGroup) {
  EXPECT_EQ(group_of(Component::pe_link), Group::noc);
  EXPECT_EQ(group_of(Component::psum_spad), Group::spads);
}

TEST(Policy, TheLineSaysEveryPolicy) {
  const PolicyContext context{"silicon", "16 bit", "same", "lpddr3-1600", "keep", {}, {}};
  CostPolicy silicon = test::policy_of("silicon");
  silicon.clock_factor = 0.25;
  silicon.fixed_share = 0.3;
  silicon.stalled_pe_clock = 0.4;
  EXPECT_EQ(policy_line(context, silicon),
            "profile silicon: psum 16 bit; first/last layer same; clock share x 0.25 (fixed 0.3, "
            "stalled PEs 0.4, idle PEs 0), clock pins in accesses; control out; leakage in; DRAM "
            "lpddr3-1600, standby in; feature maps keep");
  CostPolicy older = test::flip_flop_policy();
  EXPECT_THAT(policy_line(context, older), HasSubstr("; clock flip_flops x 0.537; control"));
  PolicyContext departing = context;
  departing.departures = {"dram.device", "cost.leakage"};
  EXPECT_THAT(policy_line(departing, silicon),
              HasSubstr("feature maps keep; departs: dram.device, cost.leakage"));
  EXPECT_THAT(policy_line(context, test::policy_of("access")),
              HasSubstr("clock inside accesses only"));
  EXPECT_THAT(policy_line(context, test::policy_of("paper")), HasSubstr("; no clock;"));
}

}  // namespace
}  // namespace turnpike::cost
