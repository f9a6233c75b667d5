// What the policy line warns of.

#include <gmock/gmock.h>

#include "tests/sim/results/runs.hpp"

namespace turnpike::pricing {
namespace {

using testing::HasSubstr;
using testing::Not;

class UntrustedFigures : public results::test::Runs {
 protected:
  static std::string flags(const std::vector<std::string>& settings) {
    const PricedRun run = results::test::run_of("zoo:resnet20", settings);
    EXPECT_TRUE(run.policy.ends_with(run.untrusted)) << run.policy;
    return run.untrusted;
  }
};

TEST_F(UntrustedFigures, AreNoneOfTheMachineAsItComes) {
  EXPECT_EQ(flags({}), "");
  for (const char* node : {"45", "32", "22"}) {
    EXPECT_EQ(flags({std::string{"technology.node_nm="} + node}), "") << node;
  }
}

TEST_F(UntrustedFigures, NameAMemoryWhoseEnergiesArePlaceholders) {
  EXPECT_EQ(flags({"dram.device=hbm2"}), "; beware: memory energies are placeholders");
}

TEST_F(UntrustedFigures, NameAClockTheTablesLogicWasNotSynthesisedFor) {
  EXPECT_EQ(flags({"clock_mhz=250"}), "");
  EXPECT_EQ(flags({"clock_mhz=251"}), "; beware: clock above 250 MHz");
  EXPECT_EQ(flags({"technology.node_nm=45", "clock_mhz=400"}), "");
  EXPECT_EQ(flags({"technology.node_nm=45", "clock_mhz=10000"}), "; beware: clock above 400 MHz");
}

TEST_F(UntrustedFigures, NameAnAreaNoChipHas) {
  EXPECT_THAT(flags({"array.rows=1024", "array.columns=1024"}), HasSubstr("area above 858 mm2"));
}

TEST_F(UntrustedFigures, NameLayersInFloatingPoint) {
  const PricedRun run = results::test::run_of("tiny_residual.npz");
  EXPECT_EQ(run.untrusted, "; beware: 1 float layer priced as 16 bit");
  accelerator::RunResult result = run.result;
  result.float_layers = 2;
  EXPECT_EQ(untrusted_figures(run.config, run.area, &result, results::test::config_root()),
            "; beware: 2 float layers priced as 16 bit");
}

TEST_F(UntrustedFigures, NameAnEnergyTableWithoutWidths) {
  const std::string table = results::test::scratch("mine.yaml");
  const std::string energies =
      "ERT:\n  version: 0.4\n  tables:\n    - {name: glb, actions: [{name: read, energy: 7.5}]}\n";
  results::test::put(table, energies);
  EXPECT_EQ(flags({"cost.energy_table=" + table}), "; beware: whatever their bits: glb");
  results::test::put(table, "turnpike: {access_bits: {glb: 64}}\n" + energies);
  EXPECT_EQ(flags({"cost.energy_table=" + table}), "");
}

TEST_F(UntrustedFigures, StandAtTheEndOfEveryPolicyLine) {
  const PricedRun run = results::test::run_of("tiny_residual.npz", {"dram.device=hbm2"});
  EXPECT_THAT(results::results_json(run), HasSubstr(run.policy + "\""));
  const results::StoredRun stored = results::read_stored_run(results::test::stored("run", run));
  EXPECT_EQ(results::price_stored_run(stored, stored.config, results::test::config_root()).policy,
            run.policy);
  EXPECT_THAT(run.policy, HasSubstr("beware"));
}

}  // namespace
}  // namespace turnpike::pricing
