#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "sim/config/sources.hpp"
#include "sim/report/spill_diagram.hpp"
#include "sim/sweep/claims_report.hpp"
#include "sim/sweep/sweep_runner.hpp"

namespace turnpike::sweep {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::ThrowsMessage;

const std::string kConfigs = std::string{TURNPIKE_SOURCE_DIR} + "/configs";
const std::string kAccelerator = kConfigs + "/accelerators/precision-highway.yaml";

/// A sweep of its own folder, with the claims' figures and what each run's results.json says.
class ClaimsTest : public testing::Test {
 protected:
  ClaimsTest() {
    options_.config_root = kConfigs;
    options_.directory = fmt::format("{}/turnpike_claims_{}", testing::TempDir(), ::getpid());
    options_.jobs = 2;
    options_.version = "test";
    fs::remove_all(options_.directory);
  }
  ~ClaimsTest() override { fs::remove_all(options_.directory); }

  void sweep(const std::string& network, const std::string& points) {
    SweepFile file = parse_sweep(
        "schema: turnpike-sweep/1\naccelerator: a\nnetwork: zoo:" + network + "\n" + points,
        "s.yaml");
    file.accelerator = kAccelerator;
    outcome_ = run_sweep(file, options_, nullptr);
    ASSERT_EQ(outcome_.exit_code, 0);
  }

  [[nodiscard]] std::vector<StoredPoint> stored(const pricing::PriceChanges& changes = {}) const {
    return read_sweep_directory(options_.directory, changes, kConfigs);
  }
  [[nodiscard]] double total(const std::string& id, const char* key) const {
    for (const PointResult& point : outcome_.points) {
      if (point.settings.id() == id) {
        return results::figure_of(point.totals, key).value();
      }
    }
    ADD_FAILURE() << id;
    return 0.0;
  }
  static std::string point(int bits, bool highway) {
    return fmt::format("precision-{}_highway.enabled-{}", bits, highway);
  }

  static inline const cost::MonteCarlo kSettings{.seed = 1, .samples = 200};
  SweepOptions options_;
  SweepOutcome outcome_;
};

TEST_F(ClaimsTest, AreTheRunsTotalsCompared) {
  sweep("lstm300", "matrix: {precision: [16, 3, 2], highway.enabled: [false, true]}\n");
  const ClaimsReport report = claims_report(stored(), kSettings, kConfigs);
  ASSERT_EQ(report.claims.size(), 3U);
  const auto change = [&](const char* key, const std::string& to, const std::string& from) {
    return 100.0 * (total(to, key) / total(from, key) - 1.0);
  };
  EXPECT_NEAR(report.claims[0].ours, change("area_mm2", point(3, false), point(16, false)), 1e-9);
  EXPECT_NEAR(report.claims[1].ours, change("energy_uj", point(3, false), point(16, false)), 1e-9);
  EXPECT_NEAR(report.claims[2].ours, change("energy_uj", point(2, true), point(2, false)), 1e-9);
  EXPECT_LT(report.claims[0].band->p5, report.claims[0].ours);  // areas are uncertain, too
  EXPECT_GT(report.claims[0].band->p95, report.claims[0].ours);
  EXPECT_LT(report.claims[1].band->p5, report.claims[1].band->p95);
  // 3 + highway against 16; 2 + highway against 3: no 8-bit run is there.
  ASSERT_EQ(report.alternatives.size(), 2U);
  EXPECT_NEAR(report.alternatives[1].energy.percent,
              change("energy_uj", point(2, true), point(3, false)), 1e-9);
  EXPECT_THAT(to_text(report, report::TableWidth::wide),
              HasSubstr("2 bit + 8-bit highway vs 3 bit"));
}

TEST_F(ClaimsTest, APolicyPricedFromStoredCountsIsThePolicySimulated) {
  std::string points =
      "matrix: {precision: [16, 3, 2], highway.enabled: [false, true]}\ninclude:\n";
  for (const int bits : {16, 3, 2}) {
    points += fmt::format(
        "  - {{cost.fixed_share: 1.0, precision: {0}, highway.enabled: false}}\n"
        "  - {{cost.fixed_share: 1.0, precision: {0}, highway.enabled: true}}\n",
        bits);
  }
  sweep("lstm300", points);
  const ClaimsReport report = claims_report(stored(), kSettings, kConfigs);
  const Swing* simulated = nullptr;
  const Swing* priced = nullptr;
  for (const Swing& row : report.swings) {
    simulated = row.name == "cost.fixed_share=1.0" ? &row : simulated;
    priced = row.name.starts_with("clock: constant") ? &row : priced;
  }
  ASSERT_NE(simulated, nullptr);
  ASSERT_NE(priced, nullptr);
  EXPECT_EQ(simulated->how, "own runs");
  EXPECT_EQ(priced->how, "same counts, other prices");
  EXPECT_GT(std::abs(*priced->low.energy), 1.0);
  EXPECT_NEAR(*simulated->low.energy, *priced->low.energy, 1e-9);
  EXPECT_NEAR(*simulated->low.highway, *priced->low.highway, 1e-9);
  for (std::size_t i = 1; i < report.swings.size(); ++i) {
    EXPECT_GE(report.swings[i - 1].size(), report.swings[i].size());
  }
}

TEST_F(ClaimsTest, OtherPricesHoldForEveryPoint) {
  sweep("lstm300", "matrix: {precision: [16, 3]}\n");
  const ClaimsReport before = claims_report(stored(), kSettings, kConfigs);
  const ClaimsReport after = claims_report(stored({"access", {}, {}}), kSettings, kConfigs);
  EXPECT_NE(before.claims[1].ours, after.claims[1].ours);
  EXPECT_THAT(after.policy, HasSubstr("profile access"));
  EXPECT_THAT(
      [&] {
        static_cast<void>(stored({{}, {}, {"psum.cost_bits=scaled"}}));
      },
      ThrowsMessage<InputError>(HasSubstr("'psum.cost_bits' differs")));
}

TEST_F(ClaimsTest, WidthLimitsFollowTheOverheads) {
  sweep("resnet20",
        "matrix: {precision: [2], highway.enabled: [true], highway.bits: [8, 16, 24, 32]}\n"
        "include: [{precision: 2, highway.enabled: false}]\n");
  const ClaimsReport report = claims_report(stored(), kSettings, kConfigs);
  ASSERT_EQ(report.overheads.size(), 4U);
  const double base = total(point(2, false), "energy_uj");
  const std::string wide = "precision-2_highway.enabled-true_highway.bits-32";
  EXPECT_NEAR(report.overheads[3].added_uj, total(wide, "energy_uj") - base, 1e-6);
  EXPECT_GT(report.overheads[3].stream_uj, report.overheads[0].stream_uj);
  ASSERT_FALSE(report.limits.empty());
  for (const WidthLimit& limit : report.limits) {
    int up_to = 0;
    for (const Overhead& row : report.overheads) {
      if (row.energy.percent > limit.percent) {
        break;
      }
      up_to = row.highway_bits;
    }
    EXPECT_EQ(limit.up_to, up_to) << limit.percent;
    EXPECT_EQ(limit.all, up_to == 32) << limit.percent;
  }
}

TEST_F(ClaimsTest, ARunWithoutHighwayServesEverySettingOfTheHighway) {
  sweep("resnet20",
        "matrix: {precision: [2], highway.enabled: [true], highway.storage: [dual, single]}\n"
        "include: [{precision: 2, highway.enabled: false}]\n");
  const ClaimsReport report = claims_report(stored(), kSettings, kConfigs);
  ASSERT_EQ(report.overheads.size(), 2U);
  EXPECT_EQ(report.overheads[0].setting, "highway.storage=dual");
  EXPECT_EQ(report.overheads[1].setting, "highway.storage=single");
  EXPECT_GT(report.overheads[1].stream_uj, report.overheads[0].stream_uj);
}

TEST_F(ClaimsTest, ADamagedSweepIsRefused) {
  EXPECT_FALSE(is_sweep_directory(options_.directory));
  EXPECT_THROW(static_cast<void>(stored()), FileError);
  fs::create_directories(options_.directory);
  std::ofstream{options_.directory + "/sweep.json"} << "{\"points\": [";
  EXPECT_THROW(static_cast<void>(stored()), FileError);
  std::ofstream{options_.directory + "/sweep.json"} << "{\"points\": []}";
  EXPECT_THAT([&] { static_cast<void>(stored()); },
              ThrowsMessage<FileError>(HasSubstr("no finished point")));
}

/// DRAM payload of the highway in a simulated run, against the plan's. 8 and 16 bits fill DRAM
/// words.
TEST(SpillDiagram, IsTheTrafficThatASimulationMoves) {
  for (const int highway : {8, 16}) {
    const auto config = config::load_accelerator(
        {kAccelerator,
         kConfigs,
         {},
         {"precision=2", "highway.enabled=true", fmt::format("highway.bits={}", highway),
          "glb.bytes_at_16_bit=262144"}});
    RunOptions options;
    options.config_root = kConfigs;
    const Workload workload = Workload::open("zoo:resnet20");
    const PlannedRun plan = plan_run(config, workload, options);
    const pricing::PricedRun run = turnpike::run(config, workload, options);
    double bits = 0.0;
    for (const accelerator::LayerResult& layer : run.result.layers) {
      bits += static_cast<double>(layer.dram_bits.highway);
    }
    const report::SpillPoint spill = report::spill_of(*plan.trace, plan.config, plan.plan);
    EXPECT_GT(spill.planned, 0.0);
    EXPECT_NEAR(spill.planned, bits * 1e-6, 1e-9);
  }
}

TEST(SpillDiagram, NothingSpillsFromALargeBuffer) {
  const auto config = config::load_accelerator(
      {kAccelerator, kConfigs, {}, {"precision=2", "highway.enabled=true"}});
  RunOptions options;
  options.config_root = kConfigs;
  const PlannedRun plan = plan_run(config, Workload::open("zoo:resnet20"), options);
  const report::SpillPoint spill = report::spill_of(*plan.trace, plan.config, plan.plan);
  EXPECT_EQ(spill.planned, 0.0);
  EXPECT_EQ(spill.by_rule, 0.0);
}

}  // namespace
}  // namespace turnpike::sweep
