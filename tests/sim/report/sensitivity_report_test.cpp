#include "sim/report/sensitivity_report.hpp"

#include <algorithm>

#include <gmock/gmock.h>

#include "sim/pricing/repricing.hpp"
#include "tests/sim/results/runs.hpp"

namespace turnpike::report {
namespace {

class SensitivityReportTest : public results::test::Runs {
 protected:
  static results::StoredRun run(const std::string& name, const std::vector<std::string>& settings) {
    return results::read_stored_run(
        results::test::stored(name, results::test::run_of("zoo:lstm300", settings)));
  }

  const results::StoredRun wide_ = run("wide", {"precision=8"});
  const results::StoredRun narrow_ = run("narrow", {"precision=2"});
  const cost::MonteCarlo settings_{.seed = 1, .samples = 500};
};

TEST_F(SensitivityReportTest, OneRunIsAboutItsEnergy) {
  const auto report = sensitivity_of({wide_}, results::test::config_root(), settings_);
  ASSERT_EQ(report.numbers.size(), 1U);
  const SensitivityOf& number = report.numbers.front();
  EXPECT_DOUBLE_EQ(number.nominal, wide_.figures.totals.energy_uj);
  EXPECT_LT(number.band.p5, number.band.p50);
  EXPECT_LT(number.band.p50, number.band.p95);
  EXPECT_EQ(number.constants.size(),
            static_cast<std::size_t>(cost::kGroups) + 2U);  // and two parameters
}

TEST_F(SensitivityReportTest, MoreRunsAreAboutTheChangeAgainstTheFirst) {
  const auto report =
      sensitivity_of({wide_, narrow_, wide_}, results::test::config_root(), settings_);
  ASSERT_EQ(report.numbers.size(), 2U);
  EXPECT_DOUBLE_EQ(
      report.numbers[0].nominal,
      100.0 * (narrow_.figures.totals.energy_uj / wide_.figures.totals.energy_uj - 1.0));
  EXPECT_EQ(report.numbers[1].nominal, 0.0);
  EXPECT_EQ(report.numbers[1].band.p5, 0.0);
  EXPECT_EQ(report.numbers[1].band.p95, 0.0);
}

TEST_F(SensitivityReportTest, EachPolicyIsTheRunRepriced) {
  const auto report = sensitivity_of({wide_}, results::test::config_root(), settings_);
  const auto& policies = report.numbers.front().policies;
  const auto found = std::find_if(policies.begin(), policies.end(),
                                  [](const auto& p) { return p.first == "leakage: out"; });
  ASSERT_NE(found, policies.end());
  const auto config = pricing::repriced_config(wide_.config, {{}, {}, {"cost.leakage=false"}},
                                               results::test::config_root());
  EXPECT_DOUBLE_EQ(
      found->second,
      results::price_stored_run(wide_, config, results::test::config_root()).energy_uj());
}

TEST_F(SensitivityReportTest, WithoutAClockThatOfSiliconIsTried) {
  const results::StoredRun access = run("access", {"precision=2", "profile=access"});
  const auto report = sensitivity_of({access}, results::test::config_root(), settings_);
  const auto& policies = report.numbers.front().policies;
  const auto found = std::find_if(policies.begin(), policies.end(),
                                  [](const auto& p) { return p.first == "clock: as in silicon"; });
  ASSERT_NE(found, policies.end());
  EXPECT_GT(found->second, report.numbers.front().nominal);
}

TEST_F(SensitivityReportTest, RunsWithOtherRangesAreRefused) {
  const results::StoredRun other = run("other", {"precision=2", "cost.uncertainty.glb=[0.5, 2.0]"});
  EXPECT_THROW(
      static_cast<void>(sensitivity_of({wide_, other}, results::test::config_root(), settings_)),
      InputError);
}

}  // namespace
}  // namespace turnpike::report
