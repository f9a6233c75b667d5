#include "sim/pricing/repricing.hpp"

#include <gmock/gmock.h>

#include "tests/sim/results/runs.hpp"

namespace turnpike::pricing {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

class RepricingTest : public results::test::Runs {
 protected:
  [[nodiscard]] PricedRun repriced(const PriceChanges& changes) const {
    return results::price_stored_run(
        run_, repriced_config(run_.config, changes, results::test::config_root()),
        results::test::config_root());
  }

  const results::StoredRun run_ = results::read_stored_run(
      results::test::stored("run", results::test::run_of("zoo:lstm300", {"precision=2"})));
};

TEST_F(RepricingTest, AgreesWithARunAtThosePrices) {
  const PricedRun simulated =
      results::test::run_of("zoo:lstm300", {"precision=2", "profile=access"});
  EXPECT_EQ(results::results_json(repriced({"access", {}, {}})), results::results_json(simulated));
}

TEST_F(RepricingTest, LeavesOutWhatAPolicyLeavesOut) {
  const PricedRun with = repriced({});
  const PricedRun without = repriced({{}, {}, {"cost.leakage=false"}});
  const auto leakage = static_cast<std::size_t>(Component::leakage);
  EXPECT_GT(with.energy.by_component[leakage].count(), 0.0);
  EXPECT_EQ(without.energy.by_component[leakage].count(), 0.0);
  EXPECT_EQ(without.energy.total.count(),
            with.energy.total.count() - with.energy.by_component[leakage].count());
  EXPECT_EQ(without.result.cycles().total(), with.result.cycles().total());
}

TEST_F(RepricingTest, SmallerTechnologyCostsLess) {
  const PricedRun with = repriced({});
  const PricedRun scaled = repriced({{}, "45nm", {}});
  EXPECT_LT(scaled.energy.total.count(), with.energy.total.count());
  EXPECT_LT(scaled.area_mm2(), with.area_mm2());
}

TEST_F(RepricingTest, RefusesWhatChangesCyclesCountsOrValues) {
  const auto refused = [this](const PriceChanges& changes) {
    return [this, changes] { static_cast<void>(repriced(changes)); };
  };
  EXPECT_THAT(refused({"paper", {}, {}}), ThrowsMessage<InputError>(HasSubstr("simulate again")));
  for (const char* setting : {"precision=3", "clock_mhz=200", "array.rows=13", "rlc=on",
                              "highway.enabled=true", "dram.device=ideal"}) {
    const std::string key{setting, std::string_view{setting}.find('=')};
    EXPECT_THAT(refused({{}, {}, {setting}}),
                ThrowsMessage<InputError>(HasSubstr("'" + key + "'")));
  }
  EXPECT_THAT(refused({{}, {}, {"cost.leakge=false"}}),
              ThrowsMessage<InputError>(HasSubstr("leakge")));
  EXPECT_THAT(refused({{}, "46nm", {}}),
              ThrowsMessage<InputError>(HasSubstr("did you mean '45nm'?")));
}

}  // namespace
}  // namespace turnpike::pricing
