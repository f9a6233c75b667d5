#include "sim/sweep/sweep_summary.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/sweep/twins.hpp"

namespace turnpike::sweep {
namespace {

using testing::HasSubstr;
using testing::Not;

PointResult point(int bits, bool highway, double energy_uj, const std::string& device) {
  PointResult p;
  p.settings.settings = {{"precision", std::to_string(bits)},
                         {"highway.enabled", highway ? "true" : "false"},
                         {"dram.device", device}};
  p.status = "ok";
  p.weight_bits = p.activation_bits = bits;
  p.highway = highway;
  p.highway_bits = 8;
  p.totals.cycles = 1000;
  p.totals.energy_uj = energy_uj;
  p.totals.area_mm2 = 2.5;
  return p;
}

TEST(SweepSummary, ComparesAPointWithItsTwinOnly) {
  const std::vector<PointResult> points{point(2, false, 100.0, "a"), point(2, true, 104.0, "a"),
                                        point(2, false, 200.0, "b"), point(2, true, 210.0, "b"),
                                        point(3, true, 300.0, "a")};
  EXPECT_EQ(Twins{points}.of(points[1]), &points[0]);
  EXPECT_EQ(Twins{points}.of(points[3]), &points[2]);
  EXPECT_EQ(Twins{points}.of(points[4]), nullptr);
  const std::string table = sweep_summary(points);
  EXPECT_THAT(table, HasSubstr("2b+h8 device=a    1000  104.0  2.500     +4.0  +4.00  ok\n"));
  EXPECT_THAT(table, HasSubstr("2b+h8 device=b    1000  210.0  2.500    +10.0  +5.00  ok\n"));
  EXPECT_THAT(table, HasSubstr("3b+h8 device=a    1000  300.0  2.500                  ok\n"));
}

TEST(SweepSummary, ShowsPointsWithoutResults) {
  PointResult failed = point(2, false, 0.0, "a");
  failed.status = "failed";
  failed.weight_bits = failed.activation_bits = 0;
  failed.totals = {};
  EXPECT_THAT(sweep_summary({failed}), HasSubstr("2b device=a"));
  EXPECT_THAT(sweep_summary({failed}), HasSubstr("failed\n"));
}

TEST(SweepSummary, KeysThatEndAlikeStayWhole) {
  PointResult p = point(2, false, 1.0, "a");
  p.settings.settings = {{"spads.filter", "64"}, {"noc.filter", "2"}, {"array.rows", "8"}};
  EXPECT_THAT(sweep_summary({p}), HasSubstr("spads.filter=64 noc.filter=2 rows=8"));
  p.settings.settings = {{"highway.enabled", "false"}};
  EXPECT_THAT(sweep_summary({p}), HasSubstr("no highway"));
  p.settings.settings = {{"highway.enabled", "true"}, {"highway.bits", "8"}};
  p.highway = true;
  EXPECT_THAT(sweep_summary({p}), HasSubstr("\nh8 "));
}

}  // namespace
}  // namespace turnpike::sweep
