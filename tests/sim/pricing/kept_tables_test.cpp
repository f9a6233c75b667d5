// A run directory keeps the Accelergy tables it was priced with.

#include <gmock/gmock.h>

#include "sim/pricing/repricing.hpp"
#include "sim/report/explanation.hpp"
#include "tests/sim/results/runs.hpp"

namespace turnpike::pricing {
namespace {

using testing::HasSubstr;

constexpr const char* kTable =
    "ERT:\n  version: 0.4\n  tables:\n    - {name: glb, actions: [{name: read, energy: 7.5}, "
    "{name: write, energy: 8.5}]}\n";
constexpr const char* kAreas =
    "ART:\n  version: 0.4\n  tables:\n    - {name: glb, area: 12345.0}\n";

class KeptTables : public results::test::Runs {
 protected:
  KeptTables() {
    results::test::put(energies_, kTable);
    results::test::put(areas_, kAreas);
    run_ = results::test::run_of("tiny_residual.npz",
                                 {"cost.energy_table=" + energies_, "cost.area_table=" + areas_});
    directory_ = results::test::stored("run", run_);
  }

  std::string energies_ = results::test::scratch("mine.yaml");
  std::string areas_ = results::test::scratch("areas.yaml");
  PricedRun run_;
  std::string directory_;
};

TEST_F(KeptTables, AreCopiesByteForByte) {
  EXPECT_EQ(results::test::bytes_of(directory_ + "/energy_table/mine.yaml"), kTable);
  EXPECT_EQ(results::test::bytes_of(directory_ + "/area_table/areas.yaml"), kAreas);
}

TEST_F(KeptTables, AreHeldToTheirDigests) {
  results::test::put(directory_ + "/energy_table/mine.yaml", std::string{kTable} + "# another\n");
  EXPECT_THAT([this] { static_cast<void>(results::read_stored_run(directory_)); },
              testing::ThrowsMessage<FileError>(
                  HasSubstr("energy_table/mine.yaml: does not belong to run.json")));
}

TEST_F(KeptTables, PriceTheRunWhenTheOriginalsAreGoneOrOthers) {
  for (const bool gone : {true, false}) {
    std::filesystem::remove(energies_);
    std::filesystem::remove(areas_);
    if (!gone) {
      results::test::put(energies_,
                         "ERT:\n  version: 0.4\n  tables:\n    - {name: glb, actions: "
                         "[{name: read, energy: 9999.0}]}\n");
      results::test::put(areas_, "ART:\n  version: 0.4\n  tables:\n    - {name: glb, area: 1.0}\n");
    }
    const results::StoredRun stored = results::read_stored_run(directory_);
    const PricedRun again =
        results::price_stored_run(stored, stored.config, results::test::config_root());
    EXPECT_EQ(results::results_json(again), results::results_json(run_));
    EXPECT_THAT(report::to_text(report::explain(stored, report::parse_question("glb.read"),
                                                results::test::config_root())),
                HasSubstr("7.5"));
  }
}

TEST_F(KeptTables, GoWithARepricedRun) {
  const results::StoredRun stored = results::read_stored_run(directory_);
  const auto config = repriced_config(stored.config, {{}, {}, {"cost.leakage=false"}},
                                      results::test::config_root());
  const std::string second = results::test::stored(
      "second", results::price_stored_run(stored, config, results::test::config_root()));
  std::filesystem::remove_all(directory_);
  std::filesystem::remove(energies_);
  std::filesystem::remove(areas_);
  const results::StoredRun again = results::read_stored_run(second);
  EXPECT_EQ(results::results_json(
                results::price_stored_run(again, again.config, results::test::config_root())),
            results::test::bytes_of(second + "/results.json"));
}

TEST_F(KeptTables, GiveWayToATableThatIsAskedFor) {
  const std::string other = results::test::scratch("other.yaml");
  results::test::put(
      other,
      "ERT:\n  version: 0.4\n  tables:\n    - {name: glb, actions: [{name: read, energy: "
      "75.0}]}\n");
  const results::StoredRun stored = results::read_stored_run(directory_);
  const auto config = repriced_config(stored.config, {{}, {}, {"cost.energy_table=" + other}},
                                      results::test::config_root());
  const PricedRun priced = results::price_stored_run(stored, config, results::test::config_root());
  EXPECT_THAT(priced.policy, HasSubstr("energies replaced by other.yaml"));
  EXPECT_EQ(priced.price_tables.count("energy_table/other.yaml"), 1U);
}

}  // namespace
}  // namespace turnpike::pricing
