// Technologies that scale 65 nm figures to another node.

#include <cmath>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/base/error.hpp"
#include "tests/sim/cost/fixtures.hpp"

namespace turnpike::cost {
namespace {

Technology load(const std::string& name) {
  return Technology::load(std::string{TURNPIKE_SOURCE_DIR} + "/configs/technology/" + name);
}

/// Energy of Stillmaker and Baas' inverters at `volts`: a V^2 + b V + c (fJ).
double polynomial(double a, double b, double c, double volts) {
  return a * volts * volts + b * volts + c;
}

TEST(ScaledTechnology, LogicFollowsThePublishedPolynomials) {
  const double at65 = polynomial(3.755, -4.398, 1.975, 1.0);
  struct Want {
    const char* name;
    double energy;
  };
  const double hp32 = polynomial(0.8367, -0.4341, 0.1701, 1.0) / at65;
  const double hp20 = polynomial(0.373, -0.1582, 0.04104, 1.0) / at65;
  const double share = std::log(32.0 / 22.0) / std::log(32.0 / 20.0);
  const double base =
      test::technology_65nm().datapath("fifo.push_pop", 8).figures.at(Figure::random_pj);
  for (const Want& want : {Want{"45nm", polynomial(1.018, -0.3107, 0.1539, 1.0) / at65},
                           Want{"32nm", hp32}, Want{"22nm", hp32 * std::pow(hp20 / hp32, share)}}) {
    const Lookup row = load(want.name).datapath("fifo.push_pop", 8);
    EXPECT_NEAR(row.figures.at(Figure::random_pj), base * want.energy, 0.002 * base) << want.name;
    EXPECT_TRUE(row.from.interpolated);
  }
}

TEST(ScaledTechnology, SramIsTheNodesOwnRowWhereThereIsOne) {
  // sram_cacti7: 64 KB, one bank, 64-bit words.
  const MemoryLookup at45 = load("45nm").sram({65536, 64, 1});
  EXPECT_GT(at45.figures.read_pj, 0.0);
  const SramTable rows{std::string{TURNPIKE_SOURCE_DIR} + "/configs/technology/45nm/sram.csv"};
  EXPECT_NEAR(at45.figures.read_pj, rows.at({65536, 64, 1}).figures.read_pj, 1e-9);
  EXPECT_NEAR(at45.figures.area_mm2, rows.at({65536, 64, 1}).figures.area_mm2, 1e-12);
}

TEST(ScaledTechnology, IsFoundByItsNode) {
  const std::string root = std::string{TURNPIKE_SOURCE_DIR} + "/configs/technology";
  EXPECT_EQ(Technology::of_node(root, 45).name(), "45nm");
  EXPECT_THAT([&] { static_cast<void>(Technology::of_node(root, 28)); },
              testing::ThrowsMessage<InputError>(
                  testing::EndsWith("has no technology 28nm; known: 22nm, 32nm, 45nm, 65nm")));
  EXPECT_THROW(static_cast<void>(Technology::of_node("/nowhere", 65)), FileError);
}

TEST(ScaledTechnology, SmallerNodesCostLess) {
  double energy = 1e9;
  double area = 1e12;
  for (const char* name : {"65nm", "45nm", "32nm", "22nm"}) {
    for (const int bits : {16, 2}) {
      const CostModel model{load(name), test::policy_of("silicon"), test::paper_machine(bits, 16)};
      if (bits == 16) {
        const double now = test::picojoules(model, test::mac_key(16, 16));
        EXPECT_LT(now, energy) << name;
        EXPECT_LT(model.total_area().count(), area) << name;
        energy = now;
        area = model.total_area().count();
      }
      EXPECT_GT(test::picojoules(model, test::key(Component::glb, Action::read, 4 * bits, "ifmap")),
                0.0);
    }
  }
}

}  // namespace
}  // namespace turnpike::cost
