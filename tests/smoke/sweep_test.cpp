// What `turnpike sweep` says, and what is made of a sweep that has too few points.

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/smoke/program.hpp"

namespace turnpike::smoke {
namespace {

using Json = nlohmann::json;

std::string sweep_of(const std::string& name, const std::string& points) {
  return put(name, "schema: turnpike-sweep/1\naccelerator: " + accelerator() +
                       "\nnetwork: zoo:lstm300\n" + points);
}

TEST(SweepCommand, SensitivitySaysWhichPointsAreMissing) {
  const std::string one = sweep_of("one.yaml", "matrix: {precision: [16]}\n");
  ASSERT_EQ(turnpike({"sweep", one, "-o", scratch("one")}).code, 0);
  expect_refused({"sensitivity", scratch("one")}, 2, "3 bit without highway");
  expect_refused({"sensitivity", scratch("one")}, 2, "highway.enabled false and true");
  const std::string two =
      sweep_of("two.yaml", "matrix: {precision: [2], highway.enabled: [false, true]}\n");
  ASSERT_EQ(turnpike({"sweep", two, "-o", scratch("two")}).code, 0);
  const Outcome part = turnpike({"sensitivity", scratch("two"), "--wide"});
  EXPECT_EQ(part.code, 0) << part.err;
  EXPECT_NE(part.out.find("need 16 bit without highway, 3 bit without highway"), std::string::npos)
      << part.out;
  EXPECT_EQ(
      Json::parse(turnpike({"sensitivity", scratch("two"), "--json"}).out).at("missing").size(),
      2U);
}

TEST(SweepCommand, SensitivityOfAWholeSweepMissesNothing) {
  const std::string all =
      sweep_of("all.yaml", "matrix: {precision: [16, 3, 2], highway.enabled: [false, true]}\n");
  ASSERT_EQ(turnpike({"sweep", all, "-o", scratch("all")}).code, 0);
  EXPECT_TRUE(
      Json::parse(turnpike({"sensitivity", scratch("all"), "--json"}).out).at("missing").empty());
}

TEST(SweepCommand, ProgressGoesToLogsOnlyIfAskedFor) {
  const std::string file = sweep_of("log.yaml", "matrix: {precision: [16, 3, 2]}\n");
  const auto said = [&file](const std::vector<std::string>& more) {
    std::vector<std::string> arguments{"sweep", file, "-o", scratch("log"), "--force", "-j", "1"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Outcome outcome = turnpike(arguments);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    return outcome.err;
  };
  for (const char* line : {"1 of 3 points done", "2 of 3 points done", "3 of 3 points done"}) {
    EXPECT_NE(said({"--progress", "lines"}).find(line), std::string::npos);
    EXPECT_EQ(said({}).find(line), std::string::npos);
  }
  EXPECT_NE(said({"--progress", "bar"}).find("\r"), std::string::npos);
  EXPECT_EQ(said({"--progress", "lines", "--quiet"}), "");
  EXPECT_EQ(said({"--quiet"}), "");
}

TEST(SweepCommand, TheLastLineCountsFailures) {
  const std::string file =
      sweep_of("some.yaml", "matrix: {glb: [{allocation: bank, banks: 1}, {banks: 16}]}\n");
  const Outcome outcome = turnpike({"sweep", file, "-o", scratch("some")});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_NE(outcome.err.find(": 1 ok, 1 failed; results in"), std::string::npos) << outcome.err;
  const Outcome status = turnpike({"sweep", file, "-o", scratch("some"), "--status"});
  EXPECT_NE(status.err.find("2 points: 1 ok, 1 failed"), std::string::npos) << status.err;
}

}  // namespace
}  // namespace turnpike::smoke
