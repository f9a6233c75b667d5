// What area and prices depend on is what a configuration or a run says.

#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tests/sim/results/runs.hpp"

namespace turnpike::pricing {
namespace {

config::AcceleratorConfig configured(const std::vector<std::string>& settings) {
  return config::load_accelerator(
      {results::test::config_root() + "/accelerators/precision-highway.yaml",
       results::test::config_root(),
       {},
       settings});
}

Inventory asked(const std::vector<std::string>& settings) {
  return inventory_of(configured(settings), nullptr, results::test::config_root());
}

Inventory of_run(const std::string& network, const std::vector<std::string>& settings) {
  const PricedRun run = results::test::run_of(network, settings);
  return inventory_of(run.config, &run.result, results::test::config_root());
}

/// Names of the units that differ.
std::set<std::string> moved(const Inventory& a, const Inventory& b) {
  EXPECT_EQ(a.units.size(), b.units.size());
  std::set<std::string> names;
  for (std::size_t i = 0; i < a.units.size(); ++i) {
    if (a.units[i] != b.units[i]) {
      names.insert(a.units[i].name);
    }
  }
  return names;
}

class OnlyProductLayer : public results::test::Runs {};

using Names = std::set<std::string>;

TEST(MachineInventory, EverySizeOfTheConfigurationMovesItsUnitsAndNoOthers) {
  const Names rows = {"vertical bus", "row controllers"};
  const Names columns = {"row bus", "multicast controllers"};
  const Names lanes = {"requantizers", "adders", "relu", "max pooling"};
  const std::vector<std::pair<std::string, Names>> cases = {
      {"array.rows=13", rows},
      {"array.columns=15", columns},
      {"spads.ifmap=13", {"ifmap spad"}},
      {"spads.filter=230", {"filter spad"}},
      {"spads.psum=25", {"psum spad"}},
      {"noc.fifo_depth=5", {"operand FIFOs", "psum FIFOs", "psum FIFO"}},
      {"noc.filter=5", {"row controllers"}},
      {"noc.ifmap=2", {"row controllers"}},
      {"noc.psum_in=3", {"row controllers"}},
      {"glb.bytes_at_16_bit=1048576", {"global buffer"}},
      {"glb.banks=8", {"global buffer"}},
      {"glb.line_values=8", {"global buffer", "filter buffer"}},
      {"glb.filter_bytes_at_16_bit=16384", {"filter buffer"}},
      {"post.values_per_clock=8", lanes},
      {"rlc=on", {"run-length codecs"}},
      {"highway.enabled=true", {}}};
  const Inventory base = asked({});
  for (const auto& [setting, names] : cases) {
    EXPECT_EQ(moved(base, asked({setting})), names) << setting;
  }
  for (const char* setting : {"clock_mhz=200", "technology.voltage=0.9", "dram.device=ddr4-2400",
                              "layers.first_last=native16"}) {
    EXPECT_NE(asked({setting}), base) << setting;
  }
  const Inventory narrow = asked({"precision=4"});
  EXPECT_EQ(moved(narrow, asked({"precision=4", "highway.enabled=true", "highway.bits=16"})),
            (Names{"adders", "quantizers"}))
      << "widths of the skip path";
}

TEST(MachineInventory, TheNetworkDecidesWhatOnlySomeLayersNeed) {
  const std::string plain = "tiny_residual.npz";
  const Inventory base = of_run(plain, {});
  EXPECT_EQ(moved(of_run("zoo:resnet20", {"precision=16", "highway.enabled=false"}),
                  of_run("zoo:resnet20", {"precision=16", "psum.cost_bits=24"})),
            (Names{"MAC", "shifter for composed layers", "psum spad", "psum FIFOs",
                   "multicast controllers", "row controllers", "requantizers", "relu",
                   "average pooling"}));
  const Names composed =
      moved(of_run("zoo:resnet20", {"precision=4"}),
            of_run("zoo:resnet20", {"precision=4", "layers.first_last=composed"}));
  EXPECT_EQ(composed, (Names{"shifter for composed layers"}));
  PricedRun integer = results::test::run_of(plain);
  integer.result.midrise = false;  // as of a trace without mid-rise weights
  EXPECT_EQ(
      moved(base, inventory_of(integer.config, &integer.result, results::test::config_root())),
      (Names{"MAC"}));
  const Names elementwise = moved(base, of_run("tiny_lstm.npz", {}));
  EXPECT_TRUE(elementwise.contains("element-wise"));
}

double area_of(const std::vector<cost::AreaItem>& items, const std::string& part) {
  double um2 = 0.0;
  for (const cost::AreaItem& item : items) {
    um2 += item.part.find(part) != std::string::npos ? item.area.count() : 0.0;
  }
  return um2;
}

TEST(MachineInventory, ComposedLayersPayTheirShiftersWhereverTheAreaIsAsked) {
  const std::vector<std::string> settings = {"precision=2", "layers.first_last=composed"};
  const PricedRun run = results::test::run_of("zoo:resnet20", settings);
  EXPECT_GT(area_of(run.area, "shifter"), 0.0);
  const auto asked = make_cost_model(run.config, nullptr, results::test::config_root()).area();
  EXPECT_DOUBLE_EQ(area_of(asked, "shifter"), area_of(run.area, "shifter"));
  const PricedRun same = results::test::run_of("zoo:resnet20", {"precision=2"});
  EXPECT_EQ(area_of(same.area, "shifter"), 0.0);
  const auto leakage = static_cast<std::size_t>(Component::leakage);
  const double cycles = static_cast<double>(run.result.cycles().total());
  const double cycles_same = static_cast<double>(same.result.cycles().total());
  EXPECT_GT(run.energy.by_component[leakage].count() / cycles,
            same.energy.by_component[leakage].count() / cycles_same);
}

TEST_F(OnlyProductLayer, IsFirstAndLastWhateverStandsBeside) {
  const std::string network = results::test::scratch("lstm_and_classifier.yaml");
  results::test::put(network,
                     "schema: turnpike-network/1\nname: small\nlayers:\n"
                     "  - {name: lstm, op: lstm, input: 6, hidden: 10, steps: 3}\n"
                     "  - {name: classifier, op: fc, filters: 4, relu: false}\n");
  for (const char* policy : {"native16", "composed", "composed8"}) {
    const PricedRun run =
        results::test::run_of(network, {"precision=4", std::string{"layers.first_last="} + policy});
    EXPECT_TRUE(run.result.checks.ofmap_bit_exact.value_or(false)) << policy;
  }
}

}  // namespace
}  // namespace turnpike::pricing
