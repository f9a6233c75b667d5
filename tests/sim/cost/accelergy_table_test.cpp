#include "sim/cost/accelergy_table.hpp"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/base/error.hpp"
#include "tests/sim/cost/fixtures.hpp"

namespace turnpike::cost {
namespace {

using test::key;
using testing::HasSubstr;
using testing::ThrowsMessage;

std::string written(const std::string& text) {
  const std::string path = testing::TempDir() + "/accelergy_table.yaml";
  std::ofstream{path} << text;
  return path;
}

PriceTable prices(const std::string& tables) {
  return read_energy_table(written("ERT:\n  version: '0.4'\n  tables:\n" + tables));
}

double energy(const PriceTable& table, Component component, Action action) {
  return table.at({component, action}).price.energy.count();
}

// The shape of Accelergy 0.4's output for an Eyeriss-like design.
const char* const kEyeriss =
    "    - name: system_top_level.DRAM[1..1]\n"
    "      actions:\n"
    "        - {name: read, arguments: {global_cycle_seconds: 1e-09}, energy: 512.0}\n"
    "        - {name: update, arguments: {}, energy: 500.0}\n"
    "        - {name: leak, arguments: {}, energy: 0.0}\n"
    "    - name: system_top_level.shared_glb[1..1]\n"
    "      actions:\n"
    "        - {name: write, arguments: {}, energy: 14.1}\n"
    "        - {name: read, arguments: {}, energy: 18.2}\n"
    "        - {name: leak, arguments: {}, energy: 0.5}\n"
    "    - name: system_top_level.psum_spad[1..168]\n"
    "      actions:\n"
    "        - {name: write, arguments: {}, energy: 0.25}\n"
    "        - {name: read, arguments: {}, energy: 0.5}\n"
    "        - {name: leak, arguments: {}, energy: 0.001}\n"
    "    - name: system_top_level.weights_spad[1..168]\n"
    "      actions:\n"
    "        - {name: read, arguments: {}, energy: 1.9}\n"
    "    - name: system_top_level.mac[1..168]\n"
    "      actions:\n"
    "        - {name: compute, arguments: {}, energy: 0.2}\n";

TEST(AccelergyTable, ReadsAnEyerissLikeTable) {
  const PriceTable table = prices(kEyeriss);
  EXPECT_EQ(energy(table, Component::dram, Action::read), 512.0);
  EXPECT_EQ(energy(table, Component::dram, Action::write), 500.0);
  EXPECT_EQ(energy(table, Component::glb, Action::write), 14.1);
  EXPECT_EQ(energy(table, Component::psum_spad, Action::read), 0.5);
  EXPECT_EQ(energy(table, Component::psum_spad, Action::write), 0.75);
  EXPECT_EQ(energy(table, Component::filter_spad, Action::read), 1.9);
  EXPECT_EQ(energy(table, Component::mac, Action::compute), 0.2);
  EXPECT_NEAR(energy(table, Component::leakage, Action::background), 0.5 + 168 * 0.001, 1e-12);
}

TEST(AccelergyTable, ReplacesWhatItNamesAndNothingElse) {
  CostModel model = test::model_of("silicon", 8, 16);
  const double gated = test::picojoules(model, test::mac_key(8, 16, Action::gated));
  model.replace_prices(prices(kEyeriss));
  EXPECT_EQ(test::picojoules(model, test::mac_key(8, 16)), 0.2);
  EXPECT_EQ(test::picojoules(model, test::mac_key(8, 16, Action::gated)), gated);
  EXPECT_EQ(test::picojoules(model, key(Component::glb, Action::read, 32, "psum")), 18.2);
}

TEST(AccelergyTable, ThePolicyNamesTheFile) {
  CostPolicy policy = test::policy_of("silicon");
  policy.energy_table = written(std::string{"ERT:\n  version: 0.4\n  tables:\n"} + kEyeriss);
  const CostModel model{test::technology_65nm(), policy, test::paper_machine(8, 16)};
  EXPECT_EQ(test::picojoules(model, test::mac_key(8, 16)), 0.2);
}

TEST(AccelergyTable, LeavesOutWhatThePolicyLeavesOut) {
  CostModel model = test::model_of("paper", 8, 8);
  model.replace_prices(prices(kEyeriss));
  EXPECT_EQ(test::picojoules(model, key(Component::leakage, Action::background)), 0.0);
}

TEST(AccelergyTable, WrongFilesAreErrorsWithTheirPlace) {
  EXPECT_THAT(
      [] { prices("    - {name: a.maac, actions: []}\n"); },
      ThrowsMessage<InputError>(HasSubstr("unknown component 'maac'; did you mean 'mac'?")));
  EXPECT_THAT(
      [] { prices("    - {name: 'a.mac[1..', actions: []}\n"); },
      ThrowsMessage<InputError>(HasSubstr("must give instances as a range such as [1..168]")));
  EXPECT_THAT([] { prices("    - {name: 'a[0..99999].b[0..99999].mac', actions: []}\n"); },
              ThrowsMessage<InputError>(HasSubstr("has more than 1000000000 instances")));
  EXPECT_THAT([] { prices("    - {name: 'mac[0..999999999999]', actions: []}\n"); },
              ThrowsMessage<InputError>(HasSubstr("must give instances as a range")));
  EXPECT_THAT([] { prices("    - {name: mac, actions: [{name: compute, energy: 1e308}]}\n"); },
              ThrowsMessage<InputError>(HasSubstr("accelergy_table.yaml:4")));
  EXPECT_THAT([] { prices("    - {name: mac, actions: [{name: squash, energy: 1}]}\n"); },
              ThrowsMessage<InputError>(HasSubstr("'name' must be one of read, write")));
  EXPECT_THAT([] { prices("    - {name: mac, actions: [{name: compute, energy: -1}]}\n"); },
              ThrowsMessage<InputError>(HasSubstr("outside 0..")));
  EXPECT_THAT(
      [] {
        prices("    - {name: glb, actions: [{name: read, energy: 1}, {name: read, energy: 2}]}\n");
      },
      ThrowsMessage<InputError>(HasSubstr("stands here twice")));
  EXPECT_THAT([] { prices("    - {name: DRAM, actions: [{name: leak, energy: 1}]}\n"); },
              ThrowsMessage<InputError>(HasSubstr("standby is counted by state")));
  EXPECT_THAT([] { prices("    - {name: mac, actions: []}\n    - {name: MAC, actions: []}\n"); },
              ThrowsMessage<InputError>(HasSubstr("second table")));
  EXPECT_THAT([] { prices("    - {name: psum_spad, actions: [{name: write, energy: 1}]}\n"); },
              ThrowsMessage<InputError>(HasSubstr("an accumulation does both")));
  EXPECT_THAT(
      [] { static_cast<void>(read_energy_table(written("ERT: {version: 0.2, tables: []}"))); },
      ThrowsMessage<InputError>(HasSubstr("version 0.2 is not supported")));
  EXPECT_THROW(static_cast<void>(read_energy_table("/nowhere/ERT.yaml")), FileError);
}

// The shape of Accelergy 0.3's output.
const char* const kVersion3 =
    "ERT:\n  version: 0.3\n  tables:\n"
    "  - name: system.chip.PE[0..7].mac\n"
    "    actions:\n"
    "    - {name: mac_random, arguments: null, energy: 2.25}\n"
    "    - {name: mac_reused, arguments: null, energy: 1.875}\n"
    "    - {name: mac_gated, arguments: null, energy: 0.125}\n"
    "    - {name: idle, arguments: null, energy: 0.0625}\n"
    "  - name: system.chip.PE[0..7].lane[0..1].ifmap_spad\n"
    "    actions:\n"
    "    - {name: read, arguments: {address_delta: 0, data_delta: 0}, energy: 0.0}\n"
    "    - {name: read, arguments: {address_delta: 0, data_delta: 1}, energy: 0.25}\n"
    "    - {name: read, arguments: {address_delta: 1, data_delta: 0}, energy: 0.5}\n"
    "    - {name: read, arguments: {address_delta: 1, data_delta: 1}, energy: 0.75}\n"
    "    - {name: leak, arguments: null, energy: 0.5}\n"
    "  - name: system.DRAM\n"
    "    actions:\n"
    "    - {name: read, arguments: null, energy: 250.0}\n"
    "    - {name: idle, arguments: null, energy: 0}\n";

TEST(AccelergyTable, ReadsVersion3AsItIsPublished) {
  const PriceTable table = read_energy_table(written(kVersion3));
  EXPECT_EQ(energy(table, Component::mac, Action::compute), 2.25);
  EXPECT_EQ(energy(table, Component::mac, Action::gated), 0.125);
  EXPECT_EQ(energy(table, Component::ifmap_spad, Action::read), 0.75);
  EXPECT_EQ(energy(table, Component::leakage, Action::background), 0.5 * 8 * 2);
  EXPECT_EQ(energy(table, Component::dram, Action::read), 250.0);
  const auto areas = read_area_table(
      written("ART:\n  version: 0.3\n  tables:\n  - {name: 'a.PE[0..7].mac', area: 100.0}\n"));
  EXPECT_EQ(areas.at(Component::mac), SquareMicrometres{800.0});
}

TEST(AccelergyTable, StatedWidthsScaleEveryAccess) {
  CostModel model = test::model_of("silicon", 4, 16);  // lines of 16 bits, bursts of 512
  model.replace_prices(read_energy_table(written(
      std::string{"turnpike: {access_bits: {mac: 16, DRAM: 64, shared_glb: 64, weights_spad: 16, "
                  "psum_spad: 16}}\nERT:\n  version: 0.4\n  tables:\n"} +
      kEyeriss)));
  EXPECT_DOUBLE_EQ(test::picojoules(model, test::mac_key(4, 16)), 0.2 / 16);
  EXPECT_DOUBLE_EQ(test::picojoules(model, key(Component::glb, Action::read, 16, "psum")),
                   18.2 / 4);
  EXPECT_DOUBLE_EQ(test::picojoules(model, key(Component::filter_spad, Action::read, 4)), 1.9 / 4);
  EXPECT_DOUBLE_EQ(test::picojoules(model, key(Component::psum_spad, Action::write, 16)), 0.75);
  EXPECT_DOUBLE_EQ(test::picojoules(model, key(Component::dram, Action::read)), 512.0 * 8);
  EXPECT_TRUE(model.price(key(Component::dram, Action::read)).interpolated);
}

TEST(AccelergyTable, WithoutWidthsSaysWhatIsTakenAsItStands) {
  EXPECT_EQ(unscaled_components(prices(kEyeriss)),
            (std::vector<Component>{Component::mac, Component::filter_spad, Component::psum_spad,
                                    Component::glb, Component::dram}));
  const PriceTable part = read_energy_table(
      written(std::string{"turnpike: {access_bits: {mac: 16}}\nERT:\n  version: 0.4\n  tables:\n"} +
              kEyeriss));
  EXPECT_EQ(unscaled_components(part).size(), 4U);
  EXPECT_THAT(
      [] {
        static_cast<void>(read_energy_table(
            written(std::string{"turnpike: {access_bits: {rlc: 16}}\nERT:\n  version: 0.4\n"
                                "  tables:\n"} +
                    kEyeriss)));
      },
      ThrowsMessage<InputError>(HasSubstr("no energy of 'rlc' stands in the table")));
}

TEST(AccelergyTable, AnAccessCostsMoreThanNothing) {
  EXPECT_THAT([] { prices("    - {name: glb, actions: [{name: read, energy: 0}]}\n"); },
              ThrowsMessage<InputError>(HasSubstr("a 'read' costs more than nothing")));
  EXPECT_NO_THROW(prices("    - {name: mac, actions: [{name: gated, energy: 0}]}\n"));
}

TEST(AccelergyTable, AreasAreOfAllInstances) {
  const auto areas = read_area_table(
      written("ART:\n  version: 0.3\n  tables:\n    - {name: 'top.mac[1..168]', area: 100}\n"));
  EXPECT_EQ(areas.at(Component::mac), SquareMicrometres{16800.0});
  CostModel model = test::model_of("silicon", 8, 16);
  const double before = model.total_area().count();
  double mac = 0.0;
  for (const AreaItem& item : model.area()) {
    mac += item.component == Component::mac ? item.area.count() : 0.0;
  }
  model.replace_areas(areas);
  EXPECT_NEAR(model.total_area().count(), before - mac + 16800.0, 1e-6 * before);
}

}  // namespace
}  // namespace turnpike::cost
