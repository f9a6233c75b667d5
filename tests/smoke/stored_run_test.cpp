// What works on run directories: compare, reprice, explain, sensitivity.

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/smoke/program.hpp"

namespace turnpike::smoke {
namespace {

using Json = nlohmann::json;

class StoredRuns : public testing::Test {
 protected:
  /// A run of the LSTM with these settings, in a scratch folder.
  static std::string run(const std::string& name, const std::vector<std::string>& more) {
    std::vector<std::string> arguments{"run",         accelerator(), "--network",
                                       "zoo:lstm300", "-o",          scratch(name)};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Outcome outcome = turnpike(arguments);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    return scratch(name);
  }

  const std::string plain_ = run("plain", {"--set", "precision=2"});
  const std::string highway_ =
      run("highway", {"--set", "precision=2", "--set", "highway.enabled=true"});
};

TEST_F(StoredRuns, CompareShowsTheHighwayByComponent) {
  const Outcome outcome = turnpike({"compare", plain_, highway_});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("energy, uJ"), std::string::npos);
  EXPECT_NE(outcome.out.find("highway stream, uJ"), std::string::npos);
  const Json json = Json::parse(turnpike({"compare", plain_, highway_, "--json"}).out);
  EXPECT_EQ(json.at("runs").size(), 2U);
  EXPECT_GT(json.at("runs")[1].at("change_percent").at("area_mm2").get<double>(), 0.0);
}

TEST_F(StoredRuns, CompareFailsIfALimitIsExceeded) {
  EXPECT_EQ(turnpike({"compare", plain_, highway_, "--fail-if", "energy>+50%"}).code, 0);
  const Outcome outcome =
      turnpike({"compare", plain_, highway_, "--fail-if", "energy>+50%", "--fail-if", "area>+0%"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_NE(outcome.err.find("area>+0%"), std::string::npos) << outcome.err;
  expect_refused({"compare", plain_, highway_, "--fail-if", "enrgy>+5%"}, 2,
                 "did you mean 'energy'?");
}

TEST_F(StoredRuns, CompareOfTwoNetworksNeedsAWord) {
  const std::string other = scratch("other");
  ASSERT_EQ(turnpike({"run", accelerator(), "--network", repository("traces/samples/tiny_gru"),
                      "-o", other})
                .code,
            0);
  expect_refused({"compare", plain_, other}, 2, "--across-networks");
  expect_refused({"compare", plain_, highway_, other, "--json"}, 2, "'lstm300'");
  expect_refused({"compare", plain_, other, "--fail-if", "energy>+5%"}, 2, "--across-networks");
  EXPECT_EQ(turnpike({"compare", plain_, other, "--across-networks"}).code, 0);
}

TEST_F(StoredRuns, CompareTakesOneNetworkUnderTwoNames) {
  const std::string renamed = scratch("renamed");
  const std::string trace = scratch("lstm-folder");
  ASSERT_EQ(turnpike({"model", "quantize", "zoo:lstm300", "--precision", "2", "-o", trace}).code,
            0);
  Json json = Json::parse(bytes_of(trace + "/trace.json"));
  json["network"] = "lstm300_w2a2";
  put("lstm-folder/trace.json", json.dump());
  ASSERT_EQ(turnpike({"run", accelerator(), "--network", trace, "-o", renamed}).code, 0);
  EXPECT_EQ(turnpike({"compare", plain_, renamed}).code, 0);
}

TEST_F(StoredRuns, LimitsAndMissingFoldersHaveCodesOfTheirOwn) {
  EXPECT_EQ(turnpike({"compare", plain_, highway_, "--fail-if", "area>+0%"}).code, 1);
  EXPECT_EQ(turnpike({"compare", plain_, plain_ + "x", "--fail-if", "area>+0%"}).code, 3);
}

TEST_F(StoredRuns, RepricingWithNothingChangedGivesTheSameFiles) {
  for (const std::string& run : {plain_, highway_}) {
    const std::string again = run + "-again";
    const Outcome outcome = turnpike({"reprice", run, "-o", again});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    for (const char* file :
         {"results.json", "layers.csv", "counts.csv", "stats.txt", "config.resolved.yaml"}) {
      EXPECT_EQ(bytes_of(run + "/" + file), bytes_of(again + "/" + file)) << file;
    }
  }
}

TEST_F(StoredRuns, ReportWritesOnePage) {
  const std::string page = scratch("page.html");
  const Outcome outcome = turnpike({"report", plain_, highway_, "-o", page});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "");
  EXPECT_NE(bytes_of(page).find("2 bit + 8-bit highway"), std::string::npos);
  expect_refused({"report", plain_ + "x", "-o", page}, 3, "plainx");
  expect_refused({"report", plain_, "-o", scratch("none") + "/page.html"}, 3, "cannot be written");
  expect_refused({"report", plain_}, 2, "--output");
}

TEST_F(StoredRuns, RepricingAgreesWithARunAtThosePrices) {
  const std::string access = run(
      "access", {"--set", "precision=2", "--profile", "access", "--set", "mapper.prices=silicon"});
  const Outcome outcome = turnpike({"reprice", plain_, "--profile", "access", "--json"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, bytes_of(access + "/results.json"));
}

TEST_F(StoredRuns, RepricingRefusesWhatChangesCyclesOrValues) {
  expect_refused({"reprice", plain_, "--profile", "paper"}, 2, "simulate again");
  expect_refused({"reprice", plain_, "--set", "precision=3"}, 2, "'precision'");
  expect_refused({"reprice", plain_, "--set", "dram.device=ddr4-2400"}, 2, "'dram.device'");
  expect_refused({"reprice", plain_, "--technology", "44nm"}, 2, "did you mean '45nm'?");
}

TEST_F(StoredRuns, ExplainGivesCountTimesPrice) {
  const Outcome outcome = turnpike({"explain", highway_, "mac.compute@lstm"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("mac_pipe.csv"), std::string::npos) << outcome.out;
  const Json json = Json::parse(turnpike({"explain", highway_, "glb", "--json"}).out);
  const Json results = Json::parse(bytes_of(highway_ + "/results.json"));
  EXPECT_EQ(json.at("total"), results.at("energy_pj").at("glb"));
  expect_refused({"explain", plain_, "gbl.read"}, 2, "did you mean 'glb'?");
  expect_refused({"explain", plain_, "glb.read@conv1"}, 2, "the run has no layer 'conv1'");
  expect_refused({"explain", plain_, "rlc.write"}, 2, "the run counts no such action");
}

TEST_F(StoredRuns, SensitivityGivesABandAroundTheEnergy) {
  const Json one = Json::parse(turnpike({"sensitivity", plain_, "--json"}).out);
  const Json& number = one.at("numbers").at(0);
  EXPECT_LT(number.at("p5").get<double>(), number.at("p50").get<double>());
  EXPECT_LT(number.at("p50").get<double>(), number.at("p95").get<double>());
  EXPECT_EQ(number.at("constants").size(), 9U);
  const Outcome two = turnpike({"sensitivity", plain_, highway_});
  EXPECT_EQ(two.code, 0) << two.err;
  EXPECT_NE(two.out.find("clock: none"), std::string::npos) << two.out;
}

TEST_F(StoredRuns, UnfinishedOrMixedDirectoriesAreRefused) {
  const std::string mixed = scratch("mixed");
  ASSERT_EQ(turnpike({"reprice", plain_, "-o", mixed}).code, 0);
  put("mixed/counts.csv", bytes_of(highway_ + "/counts.csv"));
  expect_refused({"reprice", mixed}, 3, "does not belong to run.json");
  put("mixed/run.json", "");
  expect_refused({"reprice", mixed}, 3, "run.json");
}

}  // namespace
}  // namespace turnpike::smoke
