// What area and prices depend on is what a configuration or a run says.

#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include "tests/sim/report/runs.hpp"

namespace turnpike::report {
namespace {

using Fields = std::map<std::string, std::string>;

/// Every field as text. A field that is not bound here does not compile.
Fields fields_of(const cost::MachineStructure& machine) {
  const auto& [rows, columns, weight_bits, activation_bits, psum_bits, midrise, ifmap_spad,
               filter_spad, psum_spad, filter_rate, ifmap_rate, psum_in_rate, psum_out_rate,
               fifo_depth, glb_bytes, glb_banks, glb_line_bits, filter_buffer_bytes,
               filter_buffer_line_bits, post_rate, elementwise_unit, rlc, highway_bits,
               composed_slices, native16_layers, clock_mhz, voltage, dram] = machine;
  return {{"rows", fmt::to_string(rows)},
          {"columns", fmt::to_string(columns)},
          {"weight_bits", fmt::to_string(weight_bits)},
          {"activation_bits", fmt::to_string(activation_bits)},
          {"psum_bits", fmt::to_string(psum_bits)},
          {"midrise", fmt::to_string(midrise)},
          {"ifmap_spad", fmt::to_string(ifmap_spad)},
          {"filter_spad", fmt::to_string(filter_spad)},
          {"psum_spad", fmt::to_string(psum_spad)},
          {"filter_rate", fmt::to_string(filter_rate)},
          {"ifmap_rate", fmt::to_string(ifmap_rate)},
          {"psum_in_rate", fmt::to_string(psum_in_rate)},
          {"psum_out_rate", fmt::to_string(psum_out_rate)},
          {"fifo_depth", fmt::to_string(fifo_depth)},
          {"glb_bytes", fmt::to_string(glb_bytes)},
          {"glb_banks", fmt::to_string(glb_banks)},
          {"glb_line_bits", fmt::to_string(glb_line_bits)},
          {"filter_buffer_bytes", fmt::to_string(filter_buffer_bytes)},
          {"filter_buffer_line_bits", fmt::to_string(filter_buffer_line_bits)},
          {"post_rate", fmt::to_string(post_rate)},
          {"elementwise_unit", fmt::to_string(elementwise_unit)},
          {"rlc", fmt::to_string(rlc)},
          {"highway_bits", fmt::to_string(highway_bits)},
          {"composed_slices", fmt::to_string(composed_slices)},
          {"native16_layers", fmt::to_string(native16_layers)},
          {"clock_mhz", fmt::to_string(clock_mhz)},
          {"voltage", fmt::to_string(voltage)},
          {"dram", dram ? fmt::to_string(dram->read_pj_per_burst) : "none"}};
}

cost::MachineStructure structure(const std::string& network,
                                 const std::vector<std::string>& settings) {
  const PricedRun run = test::run_of(network, settings);
  return machine_structure(run.config, &run.result, test::config_root());
}

class OnlyProductLayer : public test::Runs {};

TEST(MachineStructure, EveryFieldIsSetBySomeConfiguration) {
  const std::string plain = "tiny_residual.npz";
  const Fields base = fields_of(structure(plain, {}));
  struct Case {
    std::string network;
    std::vector<std::string> settings;
    std::vector<std::string> moves;
  };
  const std::vector<Case> cases = {
      {plain,
       {"array.rows=13", "array.columns=15", "spads.ifmap=13", "spads.filter=230", "spads.psum=25"},
       {"rows", "columns", "ifmap_spad", "filter_spad", "psum_spad"}},
      {plain,
       {"noc.fifo_depth=5", "noc.filter=5", "noc.ifmap=2", "noc.psum_in=3", "noc.psum_out=3"},
       {"fifo_depth", "filter_rate", "ifmap_rate", "psum_in_rate", "psum_out_rate"}},
      {plain,
       {"glb.bytes_at_16_bit=1048576", "glb.banks=8", "glb.line_values=8",
        "glb.filter_bytes_at_16_bit=16384"},
       {"glb_bytes", "glb_banks", "glb_line_bits", "filter_buffer_bytes",
        "filter_buffer_line_bits"}},
      {plain,
       {"post.values_per_clock=8", "rlc=on", "clock_mhz=200", "technology.voltage=0.9",
        "dram.device=ddr4-2400"},
       {"post_rate", "rlc", "clock_mhz", "voltage", "dram"}},
      {"zoo:resnet20", {}, {"highway_bits"}},
      {"zoo:resnet20", {"precision=2"}, {"weight_bits", "activation_bits"}},
      {"zoo:resnet20", {"psum.cost_bits=24"}, {"psum_bits"}},
      {"zoo:resnet20", {"precision=4", "layers.first_last=composed"}, {"composed_slices"}},
      {"zoo:resnet20", {"precision=4", "layers.first_last=native16"}, {"native16_layers"}},
      {"tiny_lstm.npz", {}, {"elementwise_unit"}}};
  Fields left = base;
  for (const Case& each : cases) {
    const Fields here = fields_of(structure(each.network, each.settings));
    for (const std::string& field : each.moves) {
      EXPECT_NE(here.at(field), base.at(field)) << field;
      left.erase(field);
    }
  }
  PricedRun integer = test::run_of(plain);
  integer.result.midrise = false;  // as of a trace without mid-rise weights
  EXPECT_NE(fields_of(machine_structure(integer.config, &integer.result, test::config_root()))
                .at("midrise"),
            base.at("midrise"));
  left.erase("midrise");
  EXPECT_TRUE(left.empty()) << fmt::format("{}", left);
}

double area_of(const std::vector<cost::AreaItem>& items, const std::string& part) {
  double um2 = 0.0;
  for (const cost::AreaItem& item : items) {
    um2 += item.part.find(part) != std::string::npos ? item.area.count() : 0.0;
  }
  return um2;
}

TEST(MachineStructure, ComposedLayersPayTheirShiftersWhereverTheAreaIsAsked) {
  const std::vector<std::string> settings = {"precision=2", "layers.first_last=composed"};
  const PricedRun run = test::run_of("zoo:resnet20", settings);
  EXPECT_EQ(machine_structure(run.config, &run.result, test::config_root()).composed_slices, 64);
  EXPECT_EQ(machine_structure(run.config, nullptr, test::config_root()).composed_slices, 64);
  EXPECT_GT(area_of(run.area, "shifter"), 0.0);
  const auto asked = make_cost_model(run.config, nullptr, test::config_root()).area();
  EXPECT_DOUBLE_EQ(area_of(asked, "shifter"), area_of(run.area, "shifter"));
  const PricedRun same = test::run_of("zoo:resnet20", {"precision=2"});
  EXPECT_EQ(area_of(same.area, "shifter"), 0.0);
  const auto leakage = static_cast<std::size_t>(Component::leakage);
  const double cycles = static_cast<double>(run.result.cycles().total());
  const double cycles_same = static_cast<double>(same.result.cycles().total());
  EXPECT_GT(run.energy.by_component[leakage].count() / cycles,
            same.energy.by_component[leakage].count() / cycles_same);
}

TEST_F(OnlyProductLayer, IsFirstAndLastWhateverStandsBeside) {
  const std::string network = test::scratch("lstm_and_classifier.yaml");
  test::put(network,
            "schema: turnpike-network/1\nname: small\nlayers:\n"
            "  - {name: lstm, op: lstm, input: 6, hidden: 10, steps: 3}\n"
            "  - {name: classifier, op: fc, filters: 4, relu: false}\n");
  for (const char* policy : {"native16", "composed", "composed8"}) {
    const PricedRun run =
        test::run_of(network, {"precision=4", std::string{"layers.first_last="} + policy});
    EXPECT_TRUE(run.result.checks.ofmap_bit_exact.value_or(false)) << policy;
  }
}

}  // namespace
}  // namespace turnpike::report
