#include "sim/pricing/repricing.hpp"

#include <utility>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "sim/results/counts_file.hpp"
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

/// With the mappings of the first: each profile's own may be others.
TEST_F(RepricingTest, AgreesToTheByteWithARunAtThosePricesMappedForTheFirstOnes) {
  for (const char* network : {"zoo:lstm300", "zoo:resnet20"}) {
    for (const auto& [first, second] :
         {std::pair{"silicon", "access"}, std::pair{"access", "silicon"}}) {
      SCOPED_TRACE(testing::Message() << network << ' ' << first << " as " << second);
      const results::StoredRun run = results::read_stored_run(results::test::stored(
          "first",
          results::test::run_of(network, {"precision=2", fmt::format("profile={}", first)})));
      const PricedRun again = results::price_stored_run(
          run, repriced_config(run.config, {second, {}, {}}, results::test::config_root()),
          results::test::config_root());
      const PricedRun pinned =
          results::test::run_of(network, {"precision=2", fmt::format("profile={}", second),
                                          fmt::format("mapper.prices={}", first)});
      EXPECT_EQ(results::results_json(again), results::results_json(pinned));
      EXPECT_EQ(results::layers_csv(again), results::layers_csv(pinned));
      EXPECT_EQ(results::counts_csv(again), results::counts_csv(pinned));
      EXPECT_EQ(results::stats_text(again), results::stats_text(pinned));
      EXPECT_TRUE(same_value(again.config.resolved, pinned.config.resolved));
      EXPECT_THAT(again.policy, HasSubstr(fmt::format("; mapped for {}", first)));
    }
  }
}

TEST_F(RepricingTest, SaysNothingOfMappingsWhereNothingIsRepriced) {
  EXPECT_THAT(repriced({}).policy, testing::Not(HasSubstr("mapped for")));
  EXPECT_THAT(repriced({{}, {}, {"cost.leakage=false"}}).policy, HasSubstr("mapped for silicon"));
  EXPECT_THAT(repriced({{}, "45nm", {}}).policy, HasSubstr("mapped for silicon"));
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
  for (const char* setting :
       {"precision=3", "clock_mhz=200", "array.rows=13", "rlc=on", "highway.enabled=true",
        "dram.device=ideal", "mapper.prices=access"}) {
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
