#include "sim/report/repricing.hpp"

#include <gmock/gmock.h>

#include "tests/sim/report/runs.hpp"

namespace turnpike::report {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

class RepricingTest : public test::Runs {
 protected:
  [[nodiscard]] PricedRun repriced(const PriceChanges& changes) const {
    return price_stored_run(run_, repriced_config(run_.config, changes, test::config_root()),
                            test::config_root());
  }

  const StoredRun run_ =
      read_stored_run(test::stored("run", test::run_of("zoo:lstm300", {"precision=2"})));
};

TEST_F(RepricingTest, AgreesWithARunAtThosePrices) {
  const PricedRun simulated = test::run_of("zoo:lstm300", {"precision=2", "profile=access"});
  EXPECT_EQ(results_json(repriced({"access", {}, {}})), results_json(simulated));
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
  EXPECT_THAT(refused({"paper", {}, {}}), ThrowsMessage<InputError>(HasSubstr("psum.cost_bits")));
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
}  // namespace turnpike::report
