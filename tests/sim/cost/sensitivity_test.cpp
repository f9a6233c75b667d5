#include "sim/cost/sensitivity.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "tests/sim/cost/fixtures.hpp"

namespace turnpike::cost {
namespace {

/// uJ by group: logic, spads, noc, glb, clock, leakage, dram.
GroupEnergies groups(const std::array<double, kGroups>& microjoules) {
  GroupEnergies energies{};
  for (std::size_t i = 0; i < energies.size(); ++i) {
    energies[i] = Picojoules{microjoules[i] * 1e6};
  }
  return energies;
}

double reduction(const std::vector<Picojoules>& totals) {
  return 100.0 * (1.0 - totals[1] / totals[0]);
}

// Closed-form study of ResNet-18 (uJ), and the 5-50-95 % band of its own sampler.
const GroupEnergies kSilicon16 = groups({2842.0, 2618.5, 736.3, 2337.0, 16846.4, 0.0, 1190.1});
const GroupEnergies kSilicon3 = groups({399.0, 1869.0, 450.3, 1454.2, 11786.8, 0.0, 243.1});

TEST(Sensitivity, BandAgreesWithTheStudysSampler) {
  const Band band = band_of({kSilicon16, kSilicon3}, test::policy_of("silicon"), reduction,
                            {.seed = 1, .samples = 20000});
  EXPECT_NEAR(band.p5, 37.41, 0.3);
  EXPECT_NEAR(band.p50, 40.44, 0.3);
  EXPECT_NEAR(band.p95, 43.86, 0.3);
}

TEST(Sensitivity, OneGroupGivesTheQuantilesOfALogUniform) {
  CostPolicy policy = test::policy_of("silicon");
  policy.uncertainty.fill({1.0, 1.0});
  policy.uncertainty[static_cast<std::size_t>(Group::glb)] = {0.5, 8.0};
  const Band band = band_of({groups({0, 0, 0, 1e-6, 0, 0, 0})}, policy,
                            [](const std::vector<Picojoules>& totals) { return totals[0].count(); },
                            {.seed = 5, .samples = 40000});
  EXPECT_NEAR(std::log2(band.p5), -1.0 + 4.0 * 0.05, 0.03);
  EXPECT_NEAR(std::log2(band.p50), -1.0 + 4.0 * 0.50, 0.05);
  EXPECT_NEAR(std::log2(band.p95), -1.0 + 4.0 * 0.95, 0.03);
}

TEST(Sensitivity, TheSeedDecides) {
  const CostPolicy policy = test::policy_of("silicon");
  const auto p5 = [&policy](std::uint64_t seed) {
    return band_of({kSilicon16, kSilicon3}, policy, reduction, {.seed = seed, .samples = 500}).p5;
  };
  EXPECT_EQ(p5(1), p5(1));
  EXPECT_NE(p5(1), p5(2));
}

TEST(Sensitivity, TornadoIsTheMetricAtEachEnd) {
  const CostPolicy policy = test::policy_of("silicon");
  const std::vector<TornadoRow> rows = tornado({kSilicon16, kSilicon3}, policy, reduction);
  ASSERT_EQ(rows.size(), uncertain(policy).size());
  for (std::size_t i = 1; i < rows.size(); ++i) {
    EXPECT_GE(rows[i - 1].swing(), rows[i].swing());
  }
  for (const TornadoRow& row : rows) {
    if (row.name == "dram") {
      // 26570.3 and 16202.4 uJ, DRAM x 3.5 adds 2.5 x 1190.1 and 2.5 x 243.1.
      EXPECT_NEAR(row.at_high, 100.0 * (1.0 - (16202.4 + 607.75) / (26570.3 + 2975.25)), 1e-2);
    }
    if (row.name == "leakage") {
      EXPECT_EQ(row.swing(), 0.0);
    }
  }
}

TEST(Sensitivity, GroupsHoldTheWholeEnergy) {
  ActionCounts counts;
  counts[test::mac_key(8, 16)] = 1000;
  counts[test::key(Component::glb, Action::read, 32, "ifmap")] = 100;
  counts[test::key(Component::noc, Action::write, 8, "ifmap_x")] = 10;
  counts[test::key(Component::dram, Action::read, 64)] = 5;
  const EnergyTable table = price_counts({{"a", counts}}, test::model_of("paper", 8, 8));
  const GroupEnergies energies = by_group(table);
  Picojoules sum;
  for (const Picojoules energy : energies) {
    sum += energy;
  }
  EXPECT_EQ(sum, table.total);
  EXPECT_EQ(energies[static_cast<std::size_t>(Group::dram)], Picojoules{1500.0});
}

TEST(Sensitivity, TooFewSamplesAreAnError) {
  EXPECT_THROW(static_cast<void>(band_of({kSilicon16}, test::policy_of("silicon"), reduction,
                                         {.seed = 1, .samples = 5})),
               InputError);
}

}  // namespace
}  // namespace turnpike::cost
