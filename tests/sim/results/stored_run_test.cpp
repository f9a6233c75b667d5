#include "sim/results/stored_run.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "sim/base/random.hpp"
#include "tests/sim/results/runs.hpp"

namespace turnpike::results {
namespace {

using test::bytes_of;
using test::put;
using test::run_of;
using test::stored;
using test::stored_without_digests;
using Json = nlohmann::ordered_json;

class StoredRunTest : public test::Runs {};

void expect_same_files(const pricing::PricedRun& run) {
  const StoredRun again = read_stored_run(stored("run", run));
  const pricing::PricedRun priced = price_stored_run(again, again.config, test::config_root());
  EXPECT_EQ(results_json(priced), results_json(run));
  EXPECT_EQ(layers_csv(priced), layers_csv(run));
  EXPECT_EQ(counts_csv(priced), counts_csv(run));
  EXPECT_EQ(stats_text(priced), stats_text(run));
  EXPECT_EQ(priced.config.resolved.to_yaml(true), run.config.resolved.to_yaml(true));
}

TEST_F(StoredRunTest, GivesTheSameFilesAgain) {
  expect_same_files(run_of("tiny_residual.npz"));
}

// Lines of 12 bits: no whole number of bytes.
TEST_F(StoredRunTest, KeepsBitsThatAreNoWholeBytes) {
  expect_same_files(run_of("zoo:lstm300", {"precision=3", "highway.enabled=true"}));
}

TEST_F(StoredRunTest, KeepsWhatTheWorkloadDecided) {
  const pricing::PricedRun run = run_of("tiny_lstm.npz");
  const StoredRun again = read_stored_run(stored("run", run));
  EXPECT_EQ(again.config.precision.weight, run.config.precision.weight);
  EXPECT_EQ(again.config.highway.enabled, run.config.highway.enabled);
  EXPECT_EQ(again.result.highway_bits, run.result.highway_bits);
  EXPECT_NE(again.config.resolved.to_yaml(true).find("# the workload's own"), std::string::npos);
}

TEST_F(StoredRunTest, StatesItsFigures) {
  const pricing::PricedRun run = run_of("tiny_residual.npz");
  const StoredRun again = read_stored_run(stored("run", run));
  EXPECT_EQ(again.figures.totals.energy_uj, run.energy_uj());
  EXPECT_EQ(again.figures.totals.cycles, run.result.cycles().total());
  EXPECT_EQ(again.figures.policy, run.policy);
  EXPECT_EQ(again.timing, "memo");
  EXPECT_EQ(again.counts.size(), run.energy.rows.size());
}

TEST_F(StoredRunTest, NamesTheFileThatIsWrong) {
  const std::string run = stored_without_digests("run", run_of("tiny_residual.npz"));
  const auto message = [&run]() -> std::string {
    try {
      static_cast<void>(read_stored_run(run));
    } catch (const FileError& error) {
      return error.what();
    }
    return "";
  };
  for (const char* file : {"run.json", "results.json", "counts.csv", "config.resolved.yaml"}) {
    const std::string path = run + "/" + file;
    const std::string whole = bytes_of(path);
    std::vector<std::string> damaged = {"", "[1, 2]\n", std::string{"\0\xff", 2}};
    if (path.find(".yaml") == std::string::npos) {  // half of a YAML file may be a whole one
      damaged.push_back(whole.substr(0, whole.size() / 2));
    }
    for (const std::string& text : damaged) {
      put(path, text);
      EXPECT_NE(message().find(file), std::string::npos) << message();
    }
    put(path, whole);
    EXPECT_EQ(message(), "");
  }
}

TEST_F(StoredRunTest, RefusesCountsOfAnotherRun) {
  const std::string run = stored_without_digests("run", run_of("tiny_residual.npz"));
  std::string counts = bytes_of(run + "/counts.csv");
  const std::size_t at = counts.find("glb,read,ifmap,");
  ASSERT_NE(at, std::string::npos);
  const std::size_t line = counts.find('\n', at);
  const std::string removed = counts.substr(0, at) + counts.substr(line + 1);
  put(run + "/counts.csv", removed);
  EXPECT_THROW(static_cast<void>(read_stored_run(run)), FileError);
  put(run + "/counts.csv", counts + counts.substr(at, line + 1 - at));
  EXPECT_THROW(static_cast<void>(read_stored_run(run)), FileError);
}

/// results.json of a stored run, changed.
void change_results(const std::string& run, void (*change)(Json& results)) {
  Json results = Json::parse(bytes_of(run + "/results.json"));
  change(results);
  put(run + "/results.json", results.dump(2));
}

TEST_F(StoredRunTest, ReadsResultsOfVersionsThatHadFewerFigures) {
  const std::string run = stored_without_digests("run", run_of("tiny_residual.npz"));
  const StoredRun whole = read_stored_run(run);
  change_results(run, [](Json& results) {
    for (const char* key :
         {"glb_conflict_cycles", "glb_transfer_bytes", "dram_packing_loss_bytes"}) {
      results["totals"].erase(key);
    }
    for (const char* key : {"passed", "codes_compared", "codes_differing", "codes_off_by_one",
                            "codes_within_tolerance", "tensors_differing", "tolerance",
                            "largest_code_difference", "likely_cause"}) {
      results["checks"].erase(key);
    }
    results["precision"].erase("float_layers");
    results["highway"].erase("wider_skips");
  });
  const StoredRun old = read_stored_run(run);
  EXPECT_EQ(old.figures.totals.cycles, whole.figures.totals.cycles);
  EXPECT_EQ(figure_of(old.figures.totals, "glb_conflict_cycles"), std::nullopt);
  EXPECT_TRUE(figure_of(whole.figures.totals, "glb_conflict_cycles").has_value());
  EXPECT_TRUE(old.result.checks.all_passed());
  EXPECT_EQ(old.result.checks.codes_compared, 0U);
}

TEST_F(StoredRunTest, RefusesAVerdictAndSumsThatOtherFiguresContradict) {
  const pricing::PricedRun made = run_of("tiny_residual.npz");
  const auto message = [&made](void (*change)(Json & results)) -> std::string {
    const std::string run = stored_without_digests("run", made);
    change_results(run, change);
    try {
      static_cast<void>(read_stored_run(run));
    } catch (const FileError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_NE(message([](Json& r) {
              r["checks"]["ofmap_bit_exact"] = false;
            }).find("checks: 'passed' contradicts"),
            std::string::npos);
  EXPECT_NE(message([](Json& r) {
              r["layers"][0]["cycles"] = 1;
            }).find("': 'cycles' contradicts the other figures"),
            std::string::npos);
  EXPECT_NE(message([](Json& r) {
              r["layers"][0].erase("passes");
            }).find("': lacks the required key 'passes'"),
            std::string::npos);
}

TEST_F(StoredRunTest, RefusesAComponentThatIsMissingOrUnknown) {
  const std::string run = stored_without_digests("run", run_of("tiny_residual.npz"));
  const std::string results = bytes_of(run + "/results.json");
  const std::string mac = "\"mac\":";
  std::string missing = results;
  std::string unknown = results;
  for (std::size_t at = 0; (at = missing.find(mac, at)) != std::string::npos;) {
    const std::size_t end = missing.find('\n', at);
    missing.erase(at, end + 1 - at);
  }
  unknown.replace(unknown.find(mac), mac.size(), "\"mic\":");
  for (const auto& [text, why] :
       {std::pair{missing, "has no energy of 'mac'"}, {unknown, "'mic' is no component"}}) {
    put(run + "/results.json", text);
    EXPECT_THAT([&] { static_cast<void>(read_stored_run(run)); },
                testing::ThrowsMessage<FileError>(testing::HasSubstr(why)));
  }
}

TEST(ParseWidths, IsTheInverseOfWidthsText) {
  constexpr std::uint64_t kSeed = 20;
  SCOPED_TRACE(fmt::format("seed {}", kSeed));
  Random random{kSeed};
  for (int i = 0; i < 500; ++i) {
    ActionKey key;
    const auto bits = [&random] { return 1 + static_cast<int>(random.uniform() * 63.0); };
    key.bits = i % 3 == 0 ? 0 : bits();
    if (i % 3 == 2) {
      key.weight_bits = bits();
      key.psum_bits = bits();
      key.midrise = i % 2 == 0;
    }
    ActionKey read;
    ASSERT_TRUE(parse_widths(widths_text(key), read)) << widths_text(key);
    EXPECT_EQ(read, key);
  }
}

TEST(ParseWidths, RefusesOtherTexts) {
  ActionKey key;
  for (const char* text : {"x", "2x", "2x2", "2x2+", "2x2m", "2x2m16", "-1", "0", "2 x 2+16",
                           "2x2+16 ", "16,", "2x2mm+16"}) {
    EXPECT_FALSE(parse_widths(text, key)) << text;
  }
}

}  // namespace
}  // namespace turnpike::results
