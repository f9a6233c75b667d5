// The clock rule `share`: what is clocked in which clock, and how its parameters move a run.

#include "sim/cost/clock_model.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "sim/cost/sensitivity.hpp"
#include "tests/sim/cost/fixtures.hpp"

namespace turnpike::cost {
namespace {

using test::key;
using test::picojoules;

/// A held 16-bit register in pJ a bit and clock, datapath.csv (reg_plain, 64 bits).
constexpr double kEach = 0.748319 / 64;
/// Of a 16-bit PE: MAC, spads and control; four FIFOs of 71.
constexpr double kPe = 974;
constexpr double kFifos = 4 * 71;

CostPolicy share_policy(double fixed, double stalled) {
  CostPolicy policy = test::policy_of("silicon");
  policy.clock = ClockRule::share;
  policy.clock_factor = 0.4;
  policy.fit_stalled_share = 0.25;
  policy.fixed_share = fixed;
  policy.stalled_pe_clock = stalled;
  policy.idle_pe_clock = 0.1;
  return policy;
}

ActionKey clock(Item item) {
  return key(Component::clock, Action::background, 0, item);
}

CostModel model(int bits, const CostPolicy& policy) {
  return CostModel{test::technology_65nm(), policy, test::paper_machine(bits, 16)};
}

TEST(ClockModel, EachClockPaysForWhatItClocks) {
  // With g = 0.5 the factor is 0.4 / (1 - 0.25 0.5); at 4 bits 0.2 + 0.8 / 4 = 0.4 of it is left.
  const CostModel four = model(4, share_policy(0.2, 0.5));
  const double pe = (kPe - kFifos) * kEach * 0.4 / 0.875 * 0.4;
  EXPECT_NEAR(picojoules(four, clock("active")), pe, 1e-6);
  EXPECT_NEAR(picojoules(four, clock("stalled")), 0.5 * pe, 1e-6);
  EXPECT_NEAR(picojoules(four, clock("gated")), 0.1 * pe, 1e-6);
  EXPECT_NEAR(picojoules(four, clock("networks")), 168 * kFifos * kEach * 0.4 / 0.875 * 0.4, 1e-4);
  // 16 banks of 16384 lines of 16 bits, one filter bank of 1024: lines in and out, and addresses.
  EXPECT_NEAR(picojoules(four, clock("buffers")), (16 * 46 + 42) * kEach * 0.4 / 0.875, 1e-6);
}

TEST(ClockModel, TheWidthDecidesWhatIsNotFixed) {
  const double wide = picojoules(model(16, share_policy(0.2, 0.5)), clock("active"));
  EXPECT_NEAR(picojoules(model(16, share_policy(1.0, 0.5)), clock("active")), wide, 1e-9);
  EXPECT_NEAR(picojoules(model(2, share_policy(1.0, 0.5)), clock("active")), wide, 1e-9);
  EXPECT_NEAR(picojoules(model(2, share_policy(0.0, 0.5)), clock("active")), wide / 8, 1e-9);
  EXPECT_NEAR(picojoules(model(2, share_policy(0.2, 0.5)), clock("active")), wide * 0.3, 1e-9);
}

TEST(ClockModel, OlderRulesClockMappedPesAlikeAndBookAllOnThem) {
  CostPolicy policy = share_policy(0.2, 0.5);
  policy.access_clock = false;
  for (const ClockRule rule :
       {ClockRule::flip_flops, ClockRule::constant, ClockRule::proportional}) {
    policy.clock = rule;
    const CostModel old = model(16, policy);
    EXPECT_NEAR(picojoules(old, clock("active")), kPe * kEach * 0.4, 1e-6);
    EXPECT_EQ(picojoules(old, clock("stalled")), picojoules(old, clock("active")));
    EXPECT_EQ(picojoules(old, clock("networks")), 0.0);
    EXPECT_EQ(picojoules(old, clock("buffers")), 0.0);
  }
}

/// A run's clock counts and something beside them.
EnergyTable run(int bits, const CostPolicy& policy) {
  ActionCounts counts;
  counts[clock("active")] = 1000;
  counts[clock("stalled")] = 700;
  counts[clock("gated")] = 50;
  counts[clock("networks")] = 12;
  counts[clock("buffers")] = 12;
  counts[test::mac_key(bits, 16)] = 900;
  return price_counts({{"a", counts}}, model(bits, policy));
}

TEST(ClockModel, DrawnParametersGiveWhatPricingWithThemGives) {
  for (const int bits : {16, 8, 3}) {
    const UncertainEnergies base{run(bits, share_policy(0.2, 0.5))};
    for (const double fixed : {0.0, 0.2, 0.7}) {
      for (const double stalled : {0.0, 0.5, 1.0}) {
        Draw draw = Draw::nominal();
        draw.fixed_share = fixed;
        draw.stalled_pe_clock = stalled;
        EXPECT_NEAR(scaled_total(base, draw).count(),
                    run(bits, share_policy(fixed, stalled)).total.count(), 1e-2)
            << bits << ' ' << fixed << ' ' << stalled;
      }
    }
  }
}

TEST(ClockModel, ARunPricedWithGatedStallsCanBeDrawnWithClockedOnes) {
  const UncertainEnergies base{run(8, share_policy(0.2, 0.0))};
  Draw draw = Draw::nominal();
  draw.stalled_pe_clock = 1.0;
  EXPECT_NEAR(scaled_total(base, draw).count(), run(8, share_policy(0.2, 1.0)).total.count(), 1e-2);
}

TEST(ClockModel, BandsHoldBothParameters) {
  CostPolicy policy = share_policy(0.2, 0.5);
  for (Range& range : policy.uncertainty) {
    range = {1.0, 1.0};
  }
  policy.uncertainty.fixed_share = policy.uncertainty.stalled_pe_clock = std::nullopt;
  const std::vector<UncertainEnergies> runs = {UncertainEnergies{run(16, policy)},
                                               UncertainEnergies{run(3, policy)}};
  const auto change = [](const std::vector<Picojoules>& totals) {
    return 100.0 * (totals[1] / totals[0] - 1.0);
  };
  const Band none = band_of(runs, policy, change, {});
  EXPECT_EQ(none.p5, none.p95);
  policy.uncertainty.fixed_share = Range{0.0, 0.5};
  policy.uncertainty.stalled_pe_clock = Range{0.2, 0.8};
  const Band both = band_of(runs, policy, change, {});
  const auto at = [&](double fixed, double stalled) {
    const CostPolicy other = share_policy(fixed, stalled);
    return change({run(16, other).total, run(3, other).total});
  };
  EXPECT_LT(both.p5, none.p50);
  EXPECT_GT(both.p95, none.p50);
  // The change is monotone in each, so its ends lie at the corners.
  const auto [low, high] = std::minmax({at(0.0, 0.2), at(0.0, 0.8), at(0.5, 0.2), at(0.5, 0.8)});
  EXPECT_GE(both.p5, low - 1e-3);
  EXPECT_LE(both.p95, high + 1e-3);
  EXPECT_EQ(tornado(runs, policy, change).size(), 9U);
}

}  // namespace
}  // namespace turnpike::cost
