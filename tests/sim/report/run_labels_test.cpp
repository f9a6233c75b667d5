#include "sim/report/run_labels.hpp"

#include <set>

#include "tests/sim/results/runs.hpp"

namespace turnpike::report {
namespace {

class RunLabelsTest : public results::test::Runs {
 protected:
  static results::StoredRun lstm(const std::string& name,
                                 const std::vector<std::string>& settings) {
    return results::read_stored_run(
        results::test::stored(name, results::test::run_of("zoo:lstm300", settings)));
  }
  const results::StoredRun plain_ = lstm("labels-plain", {"precision=2"});
};

TEST_F(RunLabelsTest, SayWhatDiffers) {
  const results::StoredRun highway =
      lstm("labels-highway", {"precision=2", "highway.enabled=true"});
  const results::StoredRun wide = lstm("labels-wide", {"precision=16"});
  EXPECT_EQ(run_labels({wide, plain_, highway}),
            (std::vector<std::string>{"16 bit", "2 bit", "2 bit + 8-bit highway"}));
  const results::StoredRun serial = lstm("labels-serial", {"precision=2", "transfers=serial"});
  EXPECT_EQ(run_labels({plain_, serial}),
            (std::vector<std::string>{"2 bit, transfers=overlap", "2 bit, transfers=serial"}));
  EXPECT_EQ(run_settings({plain_, serial})[1],
            (std::vector<std::pair<std::string, std::string>>{{"transfers", "serial"}}));
}

TEST_F(RunLabelsTest, NoTwoAreAlike) {
  const auto labels = run_labels({plain_, plain_, plain_});
  EXPECT_EQ(labels[1], "2 bit (labels-plain)");
  EXPECT_EQ(std::set<std::string>(labels.begin(), labels.end()).size(), 3U);
}

}  // namespace
}  // namespace turnpike::report
