// `turnpike run` as a user meets it.

#include <filesystem>
#include <set>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/smoke/program.hpp"

namespace turnpike::smoke {
namespace {

using Json = nlohmann::json;

/// The only document on stdout; parse() refuses anything behind it.
Json printed(const Outcome& outcome) {
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  return Json::parse(outcome.out);
}

TEST(Run, JsonIsOneDocumentOnStdout) {
  const Json json = printed(turnpike(lstm({"--json"})));
  EXPECT_EQ(json.at("schema"), "turnpike-results/1");
  const Json& totals = json.at("totals");
  EXPECT_EQ(totals.at("cycles").get<long>(), totals.at("processing_cycles").get<long>() +
                                                 totals.at("dram_stall_cycles").get<long>() +
                                                 totals.at("post_stall_cycles").get<long>());
}

// Table 6 of the precision-highway paper, its LSTM column.
TEST(Run, LstmHasTheOperationsOfThePaper) {
  const Json operations = printed(turnpike(lstm({"--json"}))).at("operations");
  EXPECT_EQ(operations.at("low_precision_macs"), 720000);
  EXPECT_EQ(operations.at("high_precision_adds"), 300);
  EXPECT_EQ(operations.at("nonlinear"), 1500);
  EXPECT_EQ(operations.at("elementwise_multiplies"), 900);
}

TEST(Run, DirectoryIsComplete) {
  const std::string directory = scratch("run");
  const Outcome outcome = turnpike(lstm({"-o", directory}));
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_NE(outcome.err.find(directory), std::string::npos);
  for (const char* file : {"config.resolved.yaml", "results.json", "layers.csv", "counts.csv",
                           "stats.txt", "run.json"}) {
    EXPECT_FALSE(bytes_of(directory + "/" + file).empty()) << file;
  }
  const Json printed_json = printed(turnpike(lstm({"--json"})));
  EXPECT_EQ(Json::parse(bytes_of(directory + "/results.json")), printed_json);
  int files = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator{directory}) {
    ++files;
  }
  EXPECT_EQ(files, 6) << "no temporary file is left";
}

/// Every key of a document that docs/results.md does not name.
void undocumented(const Json& json, const std::string& page, std::set<std::string>& keys) {
  if (json.is_array() && !json.empty()) {
    undocumented(json.front(), page, keys);
  }
  if (!json.is_object()) {
    return;
  }
  for (const auto& [key, value] : json.items()) {
    const bool named = page.find("`" + key + "`") != std::string::npos ||
                       page.find("." + key + "`") != std::string::npos ||
                       page.find("`" + key + ".") != std::string::npos ||
                       page.find("`" + key + "[]`") != std::string::npos;
    if (!named) {
      keys.insert(key);
    }
    if (key != "conservation") {
      undocumented(value, page, keys);
    }
  }
}

TEST(Run, EveryKeyOfTheResultsIsDocumented) {
  const Json json = printed(turnpike({"run", accelerator(), "--network",
                                      repository("traces/samples/tiny_residual.npz"), "--json"}));
  std::set<std::string> keys;
  undocumented(json, bytes_of(repository("docs/results.md")), keys);
  EXPECT_EQ(keys, std::set<std::string>{});
}

TEST(Run, MemoAndReferenceGiveTheSameFiles) {
  for (const std::string layers : {"layer?.0.downsample", "layer4.0.conv1"}) {
    SCOPED_TRACE(layers);
    for (const char* timing : {"reference", "memo"}) {
      const Outcome outcome =
          turnpike({"run", accelerator(), "--network", "zoo:resnet18", "--layers", layers, "--set",
                    "precision=3", "--timing", timing, "-o", scratch(timing), "--force"});
      ASSERT_EQ(outcome.code, 0) << outcome.err;
    }
    for (const char* file :
         {"results.json", "layers.csv", "counts.csv", "stats.txt", "config.resolved.yaml"}) {
      EXPECT_EQ(bytes_of(scratch("memo") + "/" + file), bytes_of(scratch("reference") + "/" + file))
          << file;
    }
    const Json memo = Json::parse(bytes_of(scratch("memo") + "/run.json"));
    const Json reference = Json::parse(bytes_of(scratch("reference") + "/run.json"));
    EXPECT_LT(memo.at("passes_simulated").get<long>(),
              reference.at("passes_simulated").get<long>());
  }
}

TEST(Run, DryRunShowsMappingsAndWritesNothing) {
  const std::string directory = scratch("dry");
  const Outcome outcome = turnpike(lstm({"--dry-run"}));
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("m1200"), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find("profile silicon:"), std::string::npos);
  expect_refused(lstm({"--dry-run", "-o", directory}), 2, "no results to write");
  expect_refused(lstm({"--dry-run", "--check"}), 2, "no psums");
  EXPECT_FALSE(std::filesystem::exists(directory));
}

TEST(Run, CheckComparesEveryPsum) {
  for (const char* sample : {"tiny_residual.npz", "tiny_lstm.npz", "tiny_gru"}) {
    const Outcome outcome =
        turnpike({"run", accelerator(), "--network",
                  repository(std::string{"traces/samples/"} + sample), "--check"});
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_NE(outcome.out.find("psums against plain loops: equal"), std::string::npos);
    EXPECT_NE(outcome.out.find("integer outputs bit-exact"), std::string::npos);
  }
}

TEST(Run, PolicyLineStandsUnderEveryTable) {
  for (const char* profile : {"silicon", "access", "paper"}) {
    const Outcome outcome = turnpike(lstm({"--profile", profile}));
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_NE(outcome.out.find(std::string{"\nprofile "} + profile + ": psum "), std::string::npos);
  }
}

TEST(Run, OnlyATerminalGetsProgress) {
  const std::string line =
      "turnpike run precision-highway --network zoo:resnet18 --timing reference --no-memo-file";
  EXPECT_EQ(shell(scratch(""), line).err, "");
  if (shell(scratch(""), "command -v script").code != 0) {
    GTEST_SKIP() << "script(1) makes the terminal";
  }
  const auto on_terminal = [](const std::string& command) {
    return shell(scratch(""), "script -qec '" + command + " >/dev/null' /dev/null").out;
  };
  EXPECT_NE(on_terminal(line).find("of 21, "), std::string::npos);
  EXPECT_EQ(on_terminal(line + " --quiet"), "");
}

}  // namespace
}  // namespace turnpike::smoke
