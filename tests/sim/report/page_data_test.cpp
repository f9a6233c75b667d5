#include "sim/report/page_data.hpp"

#include <nlohmann/json.hpp>

#include "tests/sim/results/runs.hpp"

namespace turnpike::report {
namespace {

using Json = nlohmann::json;

class PageDataTest : public results::test::Runs {
 protected:
  static results::StoredRun lstm(const std::string& name,
                                 const std::vector<std::string>& settings) {
    return results::read_stored_run(
        results::test::stored(name, results::test::run_of("zoo:lstm300", settings)));
  }
  const results::StoredRun plain_ = lstm("data-plain", {"precision=2"});
  const results::StoredRun highway_ = lstm("data-highway", {"precision=2", "highway.enabled=true"});
  const results::StoredRun wide_ = lstm("data-wide", {"precision=16"});
};

TEST_F(PageDataTest, HoldsTheFiguresOfTheRuns) {
  const Json data = Json::parse(page_data({wide_, plain_, highway_}, results::test::config_root()));
  EXPECT_EQ(data.at("schema"), "turnpike-page/3");
  ASSERT_EQ(data.at("runs").size(), 3U);
  const Json& run = data.at("runs")[2];
  EXPECT_EQ(run.at("totals").at("energy_uj").get<double>(), highway_.figures.totals.energy_uj);
  EXPECT_EQ(run.at("policy"), highway_.figures.policy);
  for (const char* key : {"energy_pj", "energy_pj_highway"}) {
    for (const auto& [component, energy] : run.at(key).items()) {
      double layers = 0.0;
      for (const Json& layer : run.at("layers")) {
        layers += layer.at(key).value(component, 0.0);
      }
      EXPECT_NEAR(layers, energy.get<double>(), 1e-9 * layers) << key << " of " << component;
    }
  }
}

TEST_F(PageDataTest, FindsTheSameMachineWithoutHighway) {
  const Json data = Json::parse(page_data({wide_, highway_, plain_}, results::test::config_root()));
  EXPECT_EQ(data.at("runs")[0].at("without"), -1);
  EXPECT_EQ(data.at("runs")[1].at("without"), 2);
  EXPECT_EQ(data.at("runs")[2].at("without"), -1);
  EXPECT_TRUE(data.at("runs")[0].at("added_percent_band").is_null());
  const Json alone = Json::parse(page_data({wide_, highway_}, results::test::config_root()));
  EXPECT_EQ(alone.at("runs")[1].at("without"), -1) << "another width is another machine";
}

TEST_F(PageDataTest, ChangesLieInTheirBands) {
  const Json run =
      Json::parse(page_data({highway_, plain_}, results::test::config_root())).at("runs")[0];
  const double change =
      100.0 * (highway_.figures.totals.energy_uj / plain_.figures.totals.energy_uj - 1.0);
  EXPECT_GT(change, 0.0);
  const Json& band = run.at("added_percent_band");
  EXPECT_LT(band[0], band[1]);
  EXPECT_LT(band[1], band[2]);
  EXPECT_LT(band[0].get<double>(), change);
  EXPECT_GT(band[2].get<double>(), change);
}

TEST_F(PageDataTest, EnergyOfTimeIsThatOfClockLeakageAndStandby) {
  const Json run = Json::parse(page_data({plain_}, results::test::config_root())).at("runs")[0];
  const Json& time = run.at("energy_pj_time");
  EXPECT_DOUBLE_EQ(time.at("clock"), run.at("energy_pj").at("clock"));
  EXPECT_DOUBLE_EQ(time.at("leakage"), run.at("energy_pj").at("leakage"));
  EXPECT_GT(time.at("dram"), 0.0);
  EXPECT_LT(time.at("dram"), run.at("energy_pj").at("dram"));
  EXPECT_EQ(time.size(), 3U);
}

TEST_F(PageDataTest, ClaimsOfThePaperAreToldOfItsNetworkOnly) {
  const results::StoredRun narrow = lstm("data-narrow", {"precision=3"});
  EXPECT_TRUE(
      Json::parse(page_data({wide_, narrow, plain_, highway_}, results::test::config_root()))
          .at("claims")
          .empty());
  std::vector<results::StoredRun> runs = {wide_, narrow, plain_, highway_};
  for (results::StoredRun& run : runs) {
    run.result.network = "resnet18";
  }
  const Json claims = Json::parse(page_data(runs, results::test::config_root())).at("claims");
  ASSERT_EQ(claims.size(), 3U);
  EXPECT_EQ(claims[0].at("paper"), -82.3);
  EXPECT_EQ(claims[1].at("paper"), -73.1);
  EXPECT_EQ(claims[2].at("paper"), 3.9);
  EXPECT_NEAR(claims[0].at("ours").get<double>(),
              100.0 * (narrow.figures.totals.area_mm2 / wide_.figures.totals.area_mm2 - 1.0),
              1e-12);
  EXPECT_EQ(claims[2].at("from"), 2);
  EXPECT_EQ(claims[2].at("to"), 3);
  EXPECT_LT(claims[0].at("band")[0].get<double>(), claims[0].at("ours").get<double>());
  EXPECT_GT(claims[0].at("band")[2].get<double>(), claims[0].at("ours").get<double>());
  EXPECT_EQ(claims[1].at("band").size(), 3U);
}

}  // namespace
}  // namespace turnpike::report
