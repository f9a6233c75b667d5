#include "sim/sweep/point_space.hpp"

#include <map>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace turnpike::sweep {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

const std::string kSpaceHead =
    "schema: turnpike-sweep/1\naccelerator: a.yaml\nnetwork: zoo:resnet18\n";

std::vector<std::string> points_of(const std::string& tail) {
  std::vector<std::string> texts;
  for (const PointSettings& point : parse_sweep(kSpaceHead + tail, "s.yaml").points) {
    texts.push_back(point.text());
  }
  return texts;
}

auto parsing(const std::string& tail) {
  return [tail] { static_cast<void>(points_of(tail)); };
}

TEST(PointSpace, ARangeIsTheListItMeans) {
  EXPECT_EQ(points_of("matrix: {array.rows: {from: 8, to: 16, step: 4}}\n"),
            points_of("matrix: {array.rows: [8, 12, 16]}\n"));
  EXPECT_EQ(points_of("matrix: {array.rows: {from: 8, to: 15, step: 4}}\n"),
            points_of("matrix: {array.rows: [8, 12]}\n"));
  EXPECT_EQ(points_of("matrix: {glb.banks: {from: 1, to: 16, factor: 2}}\n"),
            points_of("matrix: {glb.banks: [1, 2, 4, 8, 16]}\n"));
  EXPECT_EQ(points_of("matrix: {mapper.slack: {from: 0.1, to: 0.3, step: 0.1}}\n"),
            points_of("matrix: {mapper.slack: [0.1, 0.2, 0.3]}\n"));
  for (const char* wrong :
       {"{from: 8, to: 4, step: 1}", "{from: 8, to: 16}", "{from: 0, to: 8, factor: 2}",
        "{from: 1, to: 8, step: 1, factor: 2}"}) {
    EXPECT_THAT(parsing(std::string{"matrix: {array.rows: "} + wrong + "}\n"),
                ThrowsMessage<InputError>(HasSubstr("s.yaml:4:")))
        << wrong;
  }
  EXPECT_THAT(parsing("matrix: {array.rows: {from: 1, to: 2, stp: 1}}\n"),
              ThrowsMessage<InputError>(HasSubstr("did you mean 'step'?")));
  EXPECT_THAT(parsing("matrix: {clock_mhz: {from: 1, to: 1e9, step: 1}}\n"),
              ThrowsMessage<InputError>(HasSubstr("has more than 10000 values")));
}

TEST(PointSpace, VaryChangesOneThingAtATime) {
  EXPECT_THAT(points_of("matrix: {precision: [3, 2]}\nvary: {rlc: [on], glb.banks: [8, 32]}\n"),
              ElementsAre("precision=3", "precision=2", "rlc=on precision=3", "rlc=on precision=2",
                          "glb.banks=8 precision=3", "glb.banks=8 precision=2",
                          "glb.banks=32 precision=3", "glb.banks=32 precision=2"));
  EXPECT_THAT(parsing("vary: {rlc: [on]}\n"), ThrowsMessage<InputError>(HasSubstr("'matrix'")));
  EXPECT_THAT(parsing("matrix: {rlc: [on]}\nvary: {rlc: [off]}\n"),
              ThrowsMessage<InputError>(HasSubstr("'rlc' is of the matrix already")));
}

TEST(PointSpace, WhereLeavesOutWhatDoesNotMeetIt) {
  EXPECT_THAT(points_of("matrix: {array.rows: [8, 16], array.columns: [8, 16, 32]}\n"
                        "where: array.rows * array.columns <= 256\n"),
              ElementsAre("array.rows=8 array.columns=8", "array.rows=8 array.columns=16",
                          "array.rows=8 array.columns=32", "array.rows=16 array.columns=8",
                          "array.rows=16 array.columns=16"));
  EXPECT_THAT(points_of("matrix: {array.rows: [8, 16], rlc: [on, off]}\n"
                        "where: [array.rows > 8, \"rlc = 'on'\"]\n"),
              ElementsAre("array.rows=16 rlc=on"));
  EXPECT_THAT(parsing("matrix: {array.rows: [8]}\nwhere: array.row < 8\n"),
              ThrowsMessage<InputError>(HasSubstr("s.yaml:5:8: 'array.row' is no figure or setting "
                                                  "here; did you mean 'array.rows'?")));
  EXPECT_THAT(parsing("matrix: {array.rows: [8]}\nwhere: array.rows <\n"),
              ThrowsMessage<InputError>(HasSubstr("is no condition")));
  EXPECT_THAT(parsing("matrix: {array.rows: [8]}\nwhere: array.rows < 8); DROP TABLE rows; --\n"),
              ThrowsMessage<InputError>(HasSubstr("s.yaml:5:8")));
  EXPECT_THAT(parsing("matrix: {array.rows: [8]}\nwhere: array.rows > 8\n"),
              ThrowsMessage<InputError>(HasSubstr("leaves no point")));
}

TEST(PointSpace, ASampleIsTheSameForItsSeedAndOfTheMatrixOnly) {
  const std::string matrix =
      "matrix: {array.rows: {from: 4, to: 19, step: 1}, array.columns: {from: 4, to: 19, step: "
      "1}}\n";
  const std::vector<std::string> all = points_of(matrix);
  ASSERT_EQ(all.size(), 256U);
  const std::set<std::string> known{all.begin(), all.end()};
  for (const char* kind : {"latin", "random"}) {
    const auto sample = [&](const char* seed) {
      return points_of(matrix + "sample: {points: 32, seed: " + seed + ", kind: " + kind + "}\n");
    };
    const std::vector<std::string> points = sample("7");
    EXPECT_EQ(points, sample("7"));
    EXPECT_NE(points, sample("8"));
    EXPECT_LE(points.size(), 32U);
    EXPECT_GE(points.size(), 24U);
    for (const std::string& point : points) {
      EXPECT_TRUE(known.contains(point)) << point;
    }
  }
}

TEST(PointSpace, ALatinSampleTakesEachValueEquallyOften) {
  const SweepFile sweep = parse_sweep(kSpaceHead +
                                          "matrix: {array.rows: {from: 1, to: 8, step: 1}, "
                                          "clock_mhz: {from: 1, to: 400, step: 1}}\n"
                                          "sample: {points: 400, seed: 3}\n",
                                      "s.yaml");
  ASSERT_EQ(sweep.points.size(), 400U) << "each clock once: no draw is there twice";
  std::map<std::string, int> rows;
  std::set<std::string> clocks;
  for (const PointSettings& point : sweep.points) {
    ++rows[point.value("array.rows")];
    clocks.insert(point.value("clock_mhz"));
  }
  EXPECT_EQ(clocks.size(), 400U);
  for (const auto& [value, count] : rows) {
    EXPECT_EQ(count, 50) << value;
  }
}

}  // namespace
}  // namespace turnpike::sweep
