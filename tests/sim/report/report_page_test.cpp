#include "sim/report/report_page.hpp"

#include <nlohmann/json.hpp>

#include "tests/sim/results/runs.hpp"

namespace turnpike::report {
namespace {

using Json = nlohmann::json;

class ReportPageTest : public results::test::Runs {
 protected:
  static results::StoredRun lstm(const std::string& name,
                                 const std::vector<std::string>& settings) {
    return results::read_stored_run(
        results::test::stored(name, results::test::run_of("zoo:lstm300", settings)));
  }
  const results::StoredRun plain_ = lstm("page-plain", {"precision=2"});
};

TEST_F(ReportPageTest, IsOneFileWhoseDataCannotEndItsScript) {
  results::StoredRun odd = plain_;
  odd.figures.policy = "</script><!-- <b>";
  odd.result.network = "a<b & c";
  const std::string page = report_page({odd}, results::test::config_root(), "0.0");
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
