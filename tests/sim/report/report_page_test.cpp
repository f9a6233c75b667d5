#include "sim/report/report_page.hpp"

#include <nlohmann/json.hpp>

#include "tests/sim/report/runs.hpp"

namespace turnpike::report {
namespace {

using Json = nlohmann::json;

class ReportPageTest : public test::Runs {
 protected:
  static StoredRun lstm(const std::string& name, const std::vector<std::string>& settings) {
    return read_stored_run(test::stored(name, test::run_of("zoo:lstm300", settings)));
  }
  const StoredRun plain_ = lstm("page-plain", {"precision=2"});
  const StoredRun highway_ = lstm("page-highway", {"precision=2", "highway.enabled=true"});
  const StoredRun wide_ = lstm("page-wide", {"precision=16"});
};

TEST_F(ReportPageTest, HoldsTheFiguresOfTheRuns) {
  const Json data = Json::parse(page_data({wide_, plain_, highway_}));
  EXPECT_EQ(data.at("schema"), "turnpike-page/1");
  ASSERT_EQ(data.at("runs").size(), 3U);
  const Json& run = data.at("runs")[2];
  EXPECT_EQ(run.at("totals").at("energy_uj").get<double>(), highway_.figures.total("energy_uj"));
  EXPECT_EQ(run.at("policy"), highway_.figures.policy);
  // By layer as by component: the same energy.
  for (const auto& [component, energy] : run.at("energy_pj").items()) {
    double sum = 0.0;
    for (const Json& layer : run.at("layers")) {
      sum += layer.at("energy_pj").value(component, 0.0);
    }
    EXPECT_NEAR(sum, energy.get<double>(), 1e-9 * sum) << component;
  }
}

TEST_F(ReportPageTest, FindsTheSameMachineWithoutHighway) {
  const Json data = Json::parse(page_data({wide_, highway_, plain_}));
  EXPECT_EQ(data.at("runs")[0].at("without"), -1);
  EXPECT_EQ(data.at("runs")[1].at("without"), 2);
  EXPECT_EQ(data.at("runs")[2].at("without"), -1);
}

TEST_F(ReportPageTest, LabelsSayWhatDiffers) {
  EXPECT_EQ(run_labels({wide_, plain_, highway_}),
            (std::vector<std::string>{"16 bit", "2 bit", "2 bit + 8-bit highway"}));
  const StoredRun serial = lstm("page-serial", {"precision=2", "transfers=serial"});
  EXPECT_EQ(run_labels({plain_, serial}),
            (std::vector<std::string>{"2 bit, transfers=overlap", "2 bit, transfers=serial"}));
  EXPECT_EQ(run_labels({plain_, plain_})[1], "2 bit (page-plain)") << "no two are alike";
}

TEST_F(ReportPageTest, IsOneFileWhoseDataCannotEndItsScript) {
  StoredRun odd = plain_;
  odd.figures.policy = "</script><!-- <b>";
  odd.result.network = "a<b & c";
  const std::string page = report_page({odd}, "0.0");
  EXPECT_EQ(page.find("</script><!--"), std::string::npos);
  EXPECT_NE(page.find("\\u003c/script>"), std::string::npos);
  EXPECT_NE(page.find("<title>a&lt;b &amp; c on"), std::string::npos);
  EXPECT_EQ(page.find("@DATA@"), std::string::npos);
  EXPECT_EQ(page.find(" src="), std::string::npos);
  EXPECT_EQ(page.find("<link"), std::string::npos);
  const std::size_t from = page.find('>', page.find("id=\"data\"")) + 1;
  const Json data = Json::parse(page.substr(from, page.find("</script>", from) - from));
  EXPECT_EQ(data.at("runs")[0].at("policy"), odd.figures.policy);
}

}  // namespace
}  // namespace turnpike::report
