#include <gtest/gtest.h>

#include "sim/base/error.hpp"
#include "tests/sim/cost/fixtures.hpp"

namespace turnpike::cost {
namespace {

using test::model_of;
using test::paper_machine;

double mm2(const CostModel& model, Component component) {
  double sum = 0.0;
  for (const AreaItem& item : model.area()) {
    if (item.component == component) {
      sum += item.area.count();
    }
  }
  return sum * 1e-6;
}

double total_mm2(const CostModel& model) {
  return model.total_area().count() * 1e-6;
}

/// Closed-form study of the same tables (mm2), written in another language before this code.
struct StudyArea {
  const char* profile;
  int bits;
  int psum;
  double mac, ifmap_spad, psum_spad, fifo, noc, control, filter_spad, glb, total;
};

void PrintTo(const StudyArea& area, std::ostream* out) {
  *out << area.profile << ' ' << area.bits << " bits, psum " << area.psum;
}

class AreaAgainstStudy : public testing::TestWithParam<StudyArea> {};

TEST_P(AreaAgainstStudy, AgreesPartByPart) {
  const StudyArea& want = GetParam();
  const CostModel model = model_of(want.profile, want.bits, want.psum);
  // The study has one-value row controllers in its global part, hence the looser bound on the NoC.
  EXPECT_NEAR(mm2(model, Component::mac), want.mac, 0.03 * want.mac);
  EXPECT_NEAR(mm2(model, Component::ifmap_spad), want.ifmap_spad, 0.002 * want.ifmap_spad);
  EXPECT_NEAR(mm2(model, Component::psum_spad), want.psum_spad, 0.002 * want.psum_spad);
  EXPECT_NEAR(mm2(model, Component::pe_fifo), want.fifo, 0.002 * want.fifo);
  EXPECT_NEAR(mm2(model, Component::pe_control), want.control, 0.002 * want.control);
  EXPECT_NEAR(mm2(model, Component::filter_spad), want.filter_spad, 0.003 * want.filter_spad);
  EXPECT_NEAR(mm2(model, Component::glb), want.glb, 0.0002 * want.glb);
  EXPECT_NEAR(mm2(model, Component::noc), want.noc, 0.012);
  EXPECT_NEAR(total_mm2(model), want.total, 0.03 * want.total);
}

INSTANTIATE_TEST_SUITE_P(Widths, AreaAgainstStudy,
                         testing::Values(StudyArea{"silicon", 16, 16, .7772, .5154, .9766, .7654,
                                                   .0764, .1138, .5435, 13.3409, 17.1676},
                                         StudyArea{"silicon", 8, 16, .2589, .2705, .9766, .6106,
                                                   .0639, .1138, .3083, 6.8276, 9.4834},
                                         StudyArea{"silicon", 4, 16, .1333, .1574, .9766, .5387,
                                                   .0584, .1138, .1907, 3.2355, 5.4491},
                                         StudyArea{"silicon", 3, 16, .1123, .1268, .9766, .5193,
                                                   .0570, .1138, .1613, 2.4544, 4.5639},
                                         StudyArea{"silicon", 2, 16, .0967, .0971, .9766, .4986,
                                                   .0556, .1138, .1319, 1.6782, 3.6890},
                                         StudyArea{"paper", 3, 3, .0556, .1268, .2474, .2733, .0474,
                                                   .1138, .1613, 2.4544, 3.5217},
                                         StudyArea{"paper", 2, 2, .0327, .0971, .1869, .2318, .0453,
                                                   .1138, .1319, 1.6782, 2.5574}));

TEST(Area, NamedRowsLeaveOutAQuarterSquareMillimetre) {
  const CostModel model = model_of("silicon", 16, 16);
  double named = 0.0;
  for (const Component component :
       {Component::glb, Component::psum_spad, Component::mac, Component::pe_fifo,
        Component::filter_spad, Component::ifmap_spad}) {
    named += mm2(model, component);
  }
  // NoC, control, post-processing and controller; 0.24 in the study, which has no filter buffer
  // (0.055 mm2) of its own.
  EXPECT_NEAR(total_mm2(model) - named - mm2(model, Component::glb_filter), 0.24, 0.02);
}

TEST(Area, HighwayAddsAddersBelowATenthOfAPercent) {
  test::Machine machine = paper_machine(2, 16);
  const CostPolicy policy = test::policy_of("silicon");
  const double without = CostModel{test::technology_65nm(), policy, machine}.total_area().count();
  machine.use.highway_bits = 32;
  const CostModel with{test::technology_65nm(), policy, machine};
  double adders = 0.0;
  double highway = 0.0;
  for (const AreaItem& item : with.area()) {
    if (item.stream == Stream::highway) {
      highway += item.area.count();
      adders += item.part == "adders" ? item.area.count() : 0.0;
    }
  }
  EXPECT_GT(adders, 0.0);
  EXPECT_LT(adders, 0.0006 * without);
  EXPECT_NEAR(with.total_area().count(), without + highway, 1e-6 * without);
}

TEST(Area, HighwayNoWiderThanTheOperandsIsNone) {
  test::Machine machine = paper_machine(16, 16);
  machine.use.highway_bits = 16;
  const CostModel with{test::technology_65nm(), test::policy_of("silicon"), machine};
  EXPECT_EQ(with.total_area(), model_of("silicon", 16, 16).total_area());
}

TEST(Area, NativeLayersCostAreaOnlyIfThePolicySaysSo) {
  test::Machine machine = paper_machine(2, 16);
  machine.config.layers.first_last = config::FirstLast::native16;
  CostPolicy policy = test::policy_of("paper");
  const double without = CostModel{test::technology_65nm(), policy, machine}.total_area().count();
  policy.first_last_area = true;
  const double with = CostModel{test::technology_65nm(), policy, machine}.total_area().count();
  // The 16-bit PEs of the study: everything but GLB and global part.
  EXPECT_NEAR((with - without) * 1e-6, 17.1676 - 13.3409 - 0.0585, 0.03);
}

TEST(Area, GrowsWithEveryWidth) {
  double before = 0.0;
  for (int bits = 1; bits <= 16; ++bits) {
    const double now = total_mm2(model_of("silicon", bits, 16));
    EXPECT_GT(now, before) << bits << " bits";
    before = now;
  }
}

TEST(Area, ChipBuffersAreSeparateMacros) {
  test::Machine machine = paper_machine(16, 16);
  machine.config.glb.bytes_at_16_bit = 25 * 4096;
  machine.config.glb.banks = 25;
  const CostModel chip{test::technology_65nm(), test::policy_of("silicon"), machine};
  // sram_cacti7: the 4 KB macro of 64-bit lines.
  EXPECT_NEAR(mm2(chip, Component::glb), 25 * 0.0281628, 1e-9);
  const Price read = chip.price(test::key(Component::glb, Action::read, 64, "ifmap"));
  EXPECT_DOUBLE_EQ(read.energy.count(), 4.2831);
  EXPECT_FALSE(read.interpolated);
}

TEST(Area, ImpossibleMachinesAreErrors) {
  const auto build = [](auto change) {
    test::Machine machine = paper_machine(8, 16);
    change(machine);
    return CostModel{test::technology_65nm(), test::policy_of("silicon"), machine};
  };
  using M = test::Machine;
  EXPECT_THROW(static_cast<void>(build([](M& m) { m.use.widths.weight = 17; })), InputError);
  EXPECT_THROW(static_cast<void>(build([](M& m) { m.use.widths.psum = 0; })), InputError);
  EXPECT_THROW(static_cast<void>(build([](M& m) { m.config.array.rows = 0; })), InputError);
  EXPECT_THROW(static_cast<void>(build([](M& m) { m.config.technology.voltage = 2.5; })),
               InputError);
  EXPECT_THROW(static_cast<void>(build([](M& m) { m.config.glb.bytes_at_16_bit = 16777216; })),
               InputError);
  EXPECT_THROW(static_cast<void>(build([](M& m) { m.config.spads.psum = 1000; })), InputError);
  EXPECT_THROW(static_cast<void>(build([](M& m) { m.use.highway_bits = 40; })), InputError);
}

}  // namespace
}  // namespace turnpike::cost
