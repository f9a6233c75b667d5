#include "sim/pricing/priced_run.hpp"

#include <gtest/gtest.h>

#include "sim/accelerator/conservation.hpp"
#include "tests/sim/results/runs.hpp"

namespace turnpike::pricing {
namespace {

/// The check "energy" of a run whose table was tampered with.
bool holds_after(const PricedRun& run, void (*tamper)(cost::EnergyTable&)) {
  cost::EnergyTable table = run.energy;
  tamper(table);
  return energy_adds_up(table, run.result,
                        make_cost_model(run.config, &run.result, results::test::config_root()));
}

TEST(PricedRun, EnergyAddsUpUnlessASumIsWrong) {
  const PricedRun run = results::test::run_of("tiny_residual.npz");
  EXPECT_TRUE(run.result.checks.conservation.at("energy"));
  EXPECT_TRUE(holds_after(run, [](cost::EnergyTable&) {}));
  EXPECT_FALSE(holds_after(run, [](cost::EnergyTable& t) { t.total += Picojoules{1.0}; }));
  EXPECT_FALSE(
      holds_after(run, [](cost::EnergyTable& t) { t.by_component[0] += Picojoules{1.0}; }));
  EXPECT_FALSE(holds_after(run, [](cost::EnergyTable& t) { t.by_layer[1][0] += Picojoules{1.0}; }));
}

TEST(PricedRun, EnergyIsTheOneCheckAddedToThoseOfTheSimulation) {
  const PricedRun run = results::test::run_of("tiny_residual.npz");
  accelerator::RunResult simulated;  // its checks: tests/sim/accelerator/conservation_test.cpp
  check_conservation({}, run.config, {}, simulated);
  for (const auto& [name, held] : run.result.checks.conservation) {
    EXPECT_TRUE(simulated.checks.conservation.contains(name) || name == "energy") << name;
  }
}

}  // namespace
}  // namespace turnpike::pricing
