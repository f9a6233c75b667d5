#include "sim/sweep/sweep_runner.hpp"

#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "sim/base/directory_lock.hpp"
#include "sim/base/error.hpp"
#include "sim/base/files.hpp"
#include "sim/sweep/sweep_table.hpp"

namespace turnpike::sweep {
namespace {

namespace fs = std::filesystem;

constexpr report::TableWidth kWide = report::TableWidth::wide;

class SweepRunner : public testing::Test {
 protected:
  SweepRunner() {
    options.config_root = std::string{TURNPIKE_SOURCE_DIR} + "/configs";
    options.directory = fmt::format("{}/turnpike_sweep_{}", testing::TempDir(), ::getpid());
    options.jobs = 2;
    options.version = "test";
    fs::remove_all(options.directory);
  }
  ~SweepRunner() override { fs::remove_all(options.directory); }

  static SweepFile file(const std::string& matrix) {
    SweepFile sweep = parse_sweep(
        "schema: turnpike-sweep/1\naccelerator: a\nnetwork: zoo:lstm300\n" + matrix, "s.yaml");
    sweep.accelerator =
        std::string{TURNPIKE_SOURCE_DIR} + "/configs/accelerators/precision-highway.yaml";
    return sweep;
  }

  SweepOptions options;
};

TEST_F(SweepRunner, RunsEveryPointAndResumesFinishedOnes) {
  const SweepFile sweep = file("matrix: {precision: [16, 2], highway.enabled: [false, true]}\n");
  const SweepOutcome first = run_sweep(sweep, options, nullptr);
  EXPECT_EQ(first.exit_code, 0);
  EXPECT_EQ(first.resumed, 0U);
  ASSERT_EQ(first.points.size(), 4U);
  for (const PointResult& point : first.points) {
    EXPECT_EQ(point.status, "ok");
    EXPECT_GT(point.totals.energy_uj, 0.0);
  }
  EXPECT_TRUE(fs::exists(options.directory + "/sweep.csv"));
  EXPECT_TRUE(fs::exists(options.directory + "/sweep.json"));

  fs::remove(options.directory + "/" + sweep.points[2].id() + "/run.json");
  const SweepOutcome second = run_sweep(sweep, options, nullptr);
  EXPECT_EQ(second.resumed, 3U);
  EXPECT_EQ(sweep_table(second.points, kWide), sweep_table(first.points, kWide));

  options.settings = {"clock_mhz=300"};  // another sweep: nothing may be taken over or replaced
  EXPECT_THROW(static_cast<void>(run_sweep(sweep, options, nullptr)), InputError);
  options.force = true;
  EXPECT_EQ(run_sweep(sweep, options, nullptr).resumed, 0U);
}

TEST_F(SweepRunner, ADamagedPointIsRunAgain) {
  const SweepFile sweep = file("matrix: {precision: [3, 2]}\n");
  const SweepOutcome first = run_sweep(sweep, options, nullptr);
  const std::string results = options.directory + "/precision-2/results.json";
  const std::string bytes = read_input(results);
  write_output(results, bytes + "\n");
  EXPECT_EQ(sweep_status(sweep, options).points[1].status, "missing");
  const SweepOutcome second = run_sweep(sweep, options, nullptr);
  EXPECT_EQ(second.resumed, 1U);
  EXPECT_EQ(second.exit_code, 0);
  EXPECT_EQ(read_input(results), bytes);
}

TEST_F(SweepRunner, AnEditedInputMakesItsPointRunAgain) {
  fs::create_directories(options.directory);
  SweepFile sweep = file("matrix: {precision: [2]}\n");
  const std::string accelerator = options.directory + "/accelerator.yaml";
  write_output(accelerator, read_input(sweep.accelerator));
  sweep.accelerator = accelerator;
  EXPECT_EQ(run_sweep(sweep, options, nullptr).resumed, 0U);
  EXPECT_EQ(run_sweep(sweep, options, nullptr).resumed, 1U);
  write_output(accelerator, read_input(accelerator) + "# the same values\n");
  EXPECT_EQ(run_sweep(sweep, options, nullptr).resumed, 0U);
}

TEST_F(SweepRunner, OnlyOneSweepWritesADirectory) {
  fs::create_directories(options.directory);
  const DirectoryLock other = DirectoryLock::take(options.directory);
  const SweepFile sweep = file("matrix: {precision: [2]}\n");
  EXPECT_THROW(static_cast<void>(run_sweep(sweep, options, nullptr)), InputError);
}

TEST_F(SweepRunner, ContradictionsAreSaidBeforeAnythingRuns) {
  options.settings = {"highway.bits=16"};
  const SweepFile none = file("matrix: {precision: [3, 2]}\n");
  EXPECT_THROW(static_cast<void>(run_sweep(none, options, nullptr)), InputError);
  EXPECT_FALSE(fs::exists(options.directory + "/precision-3/run.json"));
}

TEST_F(SweepRunner, AWidthForAllPointsIsOfThoseWithAHighway) {
  options.settings = {"highway.bits=16"};
  const SweepFile both = file("matrix: {precision: [2], highway.enabled: [false, true]}\n");
  const SweepOutcome outcome = run_sweep(both, options, nullptr);
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.points[0].highway_bits, 0);
  EXPECT_EQ(outcome.points[1].highway_bits, 16);
}

TEST_F(SweepRunner, AFailingPointDoesNotStopTheOthers) {
  const SweepFile sweep = file("matrix: {glb: [{allocation: bank, banks: 1}, {banks: 16}]}\n");
  const SweepOutcome outcome = run_sweep(sweep, options, nullptr);
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_EQ(outcome.points[0].status, "failed");
  EXPECT_FALSE(outcome.points[0].message.empty());
  EXPECT_EQ(outcome.points[1].status, "ok");
  EXPECT_THAT(sweep_table(outcome.points, kWide), testing::HasSubstr("failed: "));
}

TEST_F(SweepRunner, AWrongKeyIsSaidBeforeAnythingRuns) {
  EXPECT_THROW(static_cast<void>(run_sweep(file("matrix: {glb.bankz: [1]}\n"), options, nullptr)),
               InputError);
  EXPECT_FALSE(fs::exists(options.directory));
}

TEST_F(SweepRunner, TheTablesAreTheGoldenOnes) {
  const SweepFile sweep = file("matrix: {precision: [16, 3, 2], highway.enabled: [false, true]}\n");
  const std::vector<PointResult> points = run_sweep(sweep, options, nullptr).points;
  const PointBands bands{options.directory, options.config_root};
  const std::string golden_folder = std::string{TURNPIKE_SOURCE_DIR} + "/tests/golden/";
  for (const auto& [name, width] : {std::pair{"lstm300_sweep.txt", report::TableWidth::standard},
                                    std::pair{"lstm300_sweep_wide.txt", kWide}}) {
    const std::string table = sweep_table(points, width, bands);
    if (std::getenv("TURNPIKE_UPDATE_GOLDEN") != nullptr) {
      std::ofstream{golden_folder + name} << table;
    }
    std::ifstream in{golden_folder + name};
    const std::string golden{std::istreambuf_iterator<char>{in}, {}};
    EXPECT_EQ(table, golden) << "if the change is meant, run with TURNPIKE_UPDATE_GOLDEN=1 and say "
                                "why in CHANGELOG.md under \"Results changed\"";
  }
}

}  // namespace
}  // namespace turnpike::sweep
