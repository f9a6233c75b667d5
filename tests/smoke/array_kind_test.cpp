// A machine with another kind of array goes through every command.

#include <fstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/smoke/program.hpp"

namespace turnpike::smoke {
namespace {

using Json = nlohmann::json;

const std::vector<std::string> kSystolic{"--set", "array.kind=systolic", "--set", "precision=2"};

Outcome with_systolic(std::vector<std::string> arguments) {
  arguments.insert(arguments.end(), kSystolic.begin(), kSystolic.end());
  return turnpike(arguments);
}

TEST(ArrayKind, ASystolicArrayRunsAResnetBitExact) {
  const std::string path = scratch("systolic");
  const std::string timeline = scratch("systolic.json");
  const Outcome run =
      with_systolic({"run", accelerator(), "--network", "zoo:resnet18", "--set",
                     "highway.enabled=true", "--json", "-o", path, "--timeline", timeline});
  ASSERT_EQ(run.code, 0) << run.err;
  const Json results = Json::parse(run.out);
  EXPECT_EQ(results.at("checks").at("ofmap_bit_exact"), true);
  for (const auto& [name, held] : results.at("checks").at("conservation").items()) {
    EXPECT_EQ(held, true) << name;
  }
  EXPECT_FALSE(Json::parse(bytes_of(timeline)).at("traceEvents").empty());
  const Outcome explained = turnpike({"explain", path, "psum_spad"});
  EXPECT_EQ(explained.code, 0) << explained.err;
  EXPECT_NE(explained.out.find("write register"), std::string::npos) << explained.out;
  const Outcome page = turnpike({"report", path, "-o", scratch("systolic.html")});
  EXPECT_EQ(page.code, 0) << page.err;
}

TEST(ArrayKind, MapAndAreaKnowIt) {
  const Outcome map = with_systolic({"map", accelerator(), "--network", "zoo:resnet18", "--json"});
  ASSERT_EQ(map.code, 0) << map.err;
  const Json chosen = Json::parse(map.out).at("layers").at(0).at("chosen");
  for (const char* letter : {"n", "e", "x", "m"}) {
    EXPECT_GE(chosen.at("letters").at(letter).get<int>(), 1);
  }
  const Outcome area = with_systolic({"area", accelerator()});
  ASSERT_EQ(area.code, 0) << area.err;
  EXPECT_NE(area.out.find("accumulator"), std::string::npos) << area.out;
}

TEST(ArrayKind, ASweepVariesIt) {
  const std::string file = scratch("kinds.yaml");
  std::ofstream{file} << "schema: turnpike-sweep/1\naccelerator: " << accelerator()
                      << "\nnetwork: zoo:lstm300\nmatrix:\n  array.kind: [row_stationary, "
                         "systolic]\n  precision: [2]\n";
  const Outcome sweep = turnpike({"sweep", file, "-o", scratch("kinds")});
  ASSERT_EQ(sweep.code, 0) << sweep.err << sweep.out;
  EXPECT_NE(sweep.out.find("kind=systolic"), std::string::npos) << sweep.out;
}

TEST(ArrayKind, OneThatThereIsNotIsRefused) {
  const Outcome run =
      turnpike({"run", accelerator(), "--network", "zoo:lstm300", "--set", "array.kind=sistolic"});
  EXPECT_EQ(run.code, 2);
  EXPECT_NE(run.err.find("systolic"), std::string::npos) << run.err;
}

TEST(ArrayKind, AMappingForOneThatThereIsNotIsRefused) {
  const std::string network = scratch("sistolic.yaml");
  std::ofstream{network}
      << "schema: turnpike-network/1\nname: one\nlayers:\n  - {name: a, op: conv, "
         "input: [4, 8, 8], filters: 4, kernel: 3, mapping: {kind: sistolic, n: 1}}\n";
  const Outcome run = turnpike({"run", accelerator(), "--network", network});
  EXPECT_EQ(run.code, 2);
  EXPECT_NE(run.err.find("did you mean 'systolic'?"), std::string::npos) << run.err;
}

}  // namespace
}  // namespace turnpike::smoke
