#include "sim/sweep/sweep_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/base/error.hpp"

namespace turnpike::sweep {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

const std::string kHead = "schema: turnpike-sweep/1\naccelerator: a.yaml\nnetwork: zoo:resnet20\n";

TEST(SweepFile, MultipliesTheMatrixOutInOrder) {
  const SweepFile sweep = parse_sweep(
      kHead + "matrix:\n  precision: [16, 2]\n  highway.enabled: [false, true]\n", "s.yaml");
  ASSERT_EQ(sweep.points.size(), 4U);
  EXPECT_EQ(sweep.points[1].text(), "precision=16 highway.enabled=true");
  EXPECT_EQ(sweep.points[2].id(), "precision-2_highway.enabled-false");
  EXPECT_EQ(sweep.points[3].assignments(),
            (std::vector<std::string>{"precision=2", "highway.enabled=true"}));
}

TEST(SweepFile, ExcludesAndIncludesPoints) {
  const SweepFile sweep =
      parse_sweep(kHead +
                      "matrix: {precision: [16, 2], highway.enabled: [false, true]}\n"
                      "exclude: [{precision: 16, highway.enabled: true}]\n"
                      "include: [{precision: 2, highway.enabled: true, highway.bits: 16}]\n",
                  "s.yaml");
  EXPECT_EQ(sweep.points.size(), 4U);
  EXPECT_EQ(sweep.points.back().value("highway.bits"), "16");
}

TEST(SweepFile, AMachineWithoutHighwayIsOnePointWhateverTheHighwaysKeys) {
  const SweepFile sweep =
      parse_sweep(kHead +
                      "matrix: {highway.bits: [8, 16], highway.storage: [dual, single],\n"
                      "         precision: [3, 2], highway.enabled: [false, true]}\n"
                      "exclude: [{highway.bits: 16, highway.enabled: false}]\n",
                  "s.yaml");
  EXPECT_EQ(sweep.points.size(), 2U + 8U);
  EXPECT_EQ(sweep.points[0].text(), "precision=3 highway.enabled=false");
  EXPECT_EQ(sweep.points[1].text(),
            "highway.bits=8 highway.storage=dual precision=3 highway.enabled=true");
}

TEST(SweepFile, AValueMayBeAMapping) {
  const SweepFile sweep = parse_sweep(
      kHead + "matrix: {array: [{rows: 8, columns: 8}, {rows: 4, columns: 16}]}\n", "s");
  ASSERT_EQ(sweep.points.size(), 2U);
  EXPECT_EQ(sweep.points[0].assignments(),
            (std::vector<std::string>{"array={rows: 8, columns: 8}"}));
}

TEST(SweepFile, LongSettingsMakeNamesThatAFolderCanHave) {
  const std::string a(300, 'n');
  const SweepFile sweep =
      parse_sweep(kHead + "matrix: {name: [" + a + ", " + a + "m], precision: [2]}\n", "s.yaml");
  ASSERT_EQ(sweep.points.size(), 2U);
  EXPECT_NE(sweep.points[0].id(), sweep.points[1].id());
  for (const PointSettings& point : sweep.points) {
    EXPECT_LE(point.id().size(), 200U);
    EXPECT_TRUE(point.id().starts_with("name-nnn")) << point.id();
  }
}

TEST(SweepFile, RefusesListsOfPointsThatAreNone) {
  for (const std::string key : {"exclude", "include"}) {
    for (const std::string wrong : {"{precision: 2}", "5", "", "precision"}) {
      const auto parse = [&] {
        static_cast<void>(parse_sweep(
            kHead + "matrix: {precision: [2, 3]}\n" + key + ": " + wrong + "\n", "s.yaml"));
      };
      EXPECT_THAT(
          parse, ThrowsMessage<InputError>(HasSubstr("'" + key + "' must be a list of mappings, '" +
                                                     key + ": [{precision: 2}]'")))
          << wrong;
    }
    for (const std::string wrong : {"[5]", "[[precision]]", "[{}]", "[null]"}) {
      EXPECT_THROW(
          static_cast<void>(parse_sweep(
              kHead + "matrix: {precision: [2, 3]}\n" + key + ": " + wrong + "\n", "s.yaml")),
          InputError)
          << key << wrong;
    }
  }
}

TEST(SweepFile, RefusesWhatCannotBeMeant) {
  const auto parse = [](const std::string& tail) {
    return [tail] { static_cast<void>(parse_sweep(kHead + tail, "s.yaml")); };
  };
  EXPECT_THAT(parse(""), ThrowsMessage<InputError>(HasSubstr("has no points")));
  EXPECT_THAT(
      parse("matrix: {precision: 2}\n"),
      ThrowsMessage<InputError>("s.yaml:4:21: 'matrix.precision' must be a list of values"));
  EXPECT_THAT(parse("matrix: {precision: [2, 2]}\n"),
              ThrowsMessage<InputError>(HasSubstr("precision=2 is given twice")));
  EXPECT_THAT(parse("matrix: {precision: [2]}\nexclude: [{precision: 3}]\n"),
              ThrowsMessage<InputError>(HasSubstr("excludes no point (precision=3)")));
  EXPECT_THAT(parse("matrx: {precision: [2]}\n"),
              ThrowsMessage<InputError>(HasSubstr("did you mean 'matrix'?")));
}

}  // namespace
}  // namespace turnpike::sweep
