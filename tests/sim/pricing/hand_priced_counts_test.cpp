// Every count of docs/action_vocabulary.md, priced by hand from the tables, in every profile.

#include <fstream>
#include <functional>

#include <gtest/gtest.h>

#include "sim/base/config_node.hpp"
#include "sim/base/csv_table.hpp"
#include "sim/config/sources.hpp"
#include "tests/sim/results/runs.hpp"

namespace turnpike::pricing {
namespace {

/// The paper's machine at 16 bits with psums and a highway of 32, where every table has a row.
constexpr int kBits = 16;
constexpr int kWide = 32;
constexpr int kLine = 4 * kBits;
constexpr int kRows = 12;
constexpr int kColumns = 14;
constexpr int kLanes = 4;
constexpr double kClockMhz = 250.0;
/// 16 banks of 16384 lines and one of 1024.
constexpr double kPortFlipFlops = 16 * (2 * kLine + 14) + (2 * kLine + 10);

double number_at(const ConfigNode& file, const std::vector<std::string>& keys) {
  const ConfigNode* node = &file;
  for (const std::string& key : keys) {
    node = node->find(key);
    if (node == nullptr) {
      return 0.0;
    }
  }
  return std::stod(node->scalar);
}

/// Rows of the tables by hand: no interpolation, no rule.
class Rows {
 public:
  using Where = std::vector<std::pair<std::string, std::string>>;

  static double at(const std::string& table, const Where& where, const std::string& column) {
    const CsvTable rows =
        CsvTable::from_file(results::test::config_root() + "/technology/65nm/" + table + ".csv");
    for (std::size_t row = 0; row < rows.rows(); ++row) {
      if (std::all_of(where.begin(), where.end(), [&](const auto& field) {
            return rows.text(row, field.first) == field.second;
          })) {
        return rows.number(row, column);
      }
    }
    ADD_FAILURE() << table << " has no such row for " << column;
    return 0.0;
  }
  static double constant(const std::string& name) {
    return number_at(
        ConfigNode::from_file(results::test::config_root() + "/technology/65nm/technology.yaml"),
        {"constants", name, "value"});
  }
};

Rows::Where logic_row(const std::string& component, const std::string& op, int bits) {
  return {{"component", component}, {"op", op}, {"bits", std::to_string(bits)}};
}
Rows::Where file_row(const std::string& op, int depth, int bits) {
  return {{"op", op}, {"depth", std::to_string(depth)}, {"bits", std::to_string(bits)}};
}
Rows::Where requant_row(int from, int to) {
  return {{"bits_acc", std::to_string(from)}, {"bits", std::to_string(to)}};
}
Rows::Where sram_row(int banks, std::int64_t bytes) {
  return {{"banks", std::to_string(banks)},
          {"word_bits", std::to_string(kLine)},
          {"capacity_bytes", std::to_string(bytes)}};
}
const Rows::Where kGlb = sram_row(16, 2097152);
const Rows::Where kFilterBuffer = sram_row(1, 8192);
const Rows::Where kMac = {{"bits", "16"}, {"bits_acc", "32"}};

/// One count of each key in pJ, under one configuration.
class HandPrices {
 public:
  explicit HandPrices(const config::AcceleratorConfig& config)
      : cost_{config.cost},
        device_{ConfigNode::from_file(results::test::config_root() + "/technology/dram/" +
                                      config.dram.device + ".yaml")} {}

  /// Empty if this test does not know the key.
  [[nodiscard]] std::optional<double> of(const ActionKey& key) const {
    const std::string name = fmt::format("{}.{}", to_string(key.component), to_string(key.action));
    const std::string full = key.item.empty() ? name : fmt::format("{}.{}", name, key.item.text());
    const auto found = prices_.find(full);
    return found == prices_.end() ? std::nullopt : std::optional{found->second()};
  }

  /// A value of so many bits over so many PE pitches.
  static double wire(int bits, int pitches) {
    return Rows::constant("wire_pj_per_bit_mm") * Rows::constant("pe_pitch_mm") * bits * pitches;
  }

 private:
  using Table = std::map<std::string, std::function<double()>>;

  [[nodiscard]] bool says(const char* key) const { return cost_.find(key)->scalar == "true"; }
  [[nodiscard]] double factor(const char* key) const { return number_at(cost_, {key}); }

  static double energy(const std::string& table, const Rows::Where& row) {
    return Rows::at(table, row, "energy_pj_random");
  }
  static double energy_of_data(const std::string& table, const Rows::Where& row) {
    return Rows::at(table, row, "energy_pj_relu_laplace");
  }
  /// The clock pins' part, for a component whose clock is paid per cycle.
  [[nodiscard]] double pins(const std::string& table, const Rows::Where& row) const {
    return says("access_clock") ? 0.0 : Rows::at(table, row, "clk_pj");
  }
  [[nodiscard]] double fifo(int bits) const {
    const auto row = logic_row("fifo", "push_pop", bits);
    return energy("datapath", row) - pins("datapath", row);
  }
  [[nodiscard]] static double miss(int bits) {
    return energy("datapath", logic_row("multicast_ctrl", "miss", bits));
  }
  static double hit(int bits) {
    return energy("datapath", logic_row("multicast_ctrl", "hit", bits)) - miss(bits);
  }
  static double filter_spad(const char* quantity) {
    const Rows::Where row = {{"quantity", quantity}};
    return Rows::at("filter_spad", row, "intercept") +
           kBits * Rows::at("filter_spad", row, "slope_per_bit");
  }
  static double post(const char* component, const char* op, int bits) {
    return energy("datapath", logic_row(component, op, bits));
  }

  [[nodiscard]] double device(const char* key) const { return number_at(device_, {"energy", key}); }
  [[nodiscard]] double of_devices(const char* key) const {
    return device(key) * number_at(device_, {"organisation", "devices_per_rank"});
  }
  [[nodiscard]] double of_a_burst(const char* key) const {
    return device(key) * number_at(device_, {"organisation", "channel_bits"}) *
           number_at(device_, {"organisation", "burst_length"});
  }
  [[nodiscard]] double standby(const char* key) const {
    return says("dram_background") ? of_devices(key) * number_at(device_, {"tck_ns"}) : 0.0;
  }

  [[nodiscard]] static double flip_flops() {
    return Rows::at("mac_pipe", kMac, "n_ff") +
           Rows::at("register_file", file_row("read", 12, kBits), "n_ff") +
           Rows::at("register_file", file_row("read", 24, kWide), "n_ff") +
           Rows::at("datapath", logic_row("pe_ctrl", "run", 17), "n_ff") +
           2 * Rows::at("datapath", logic_row("fifo", "push_pop", kBits), "n_ff") +
           2 * Rows::at("datapath", logic_row("fifo", "push_pop", kWide), "n_ff");
  }
  [[nodiscard]] static double fifo_flip_flops(int bits) {
    return Rows::at("datapath", logic_row("fifo", "push_pop", bits), "n_ff");
  }
  /// Of the same PE at 16 bits, but its FIFOs.
  [[nodiscard]] static double wide_core() {
    return 2 * (16 + 16) + 16 + 2 +  // MAC: operands twice, psum, two valid bits
           Rows::at("register_file", file_row("read", 12, 16), "n_ff") +
           Rows::at("register_file", file_row("read", 24, 16), "n_ff") +
           Rows::at("datapath", logic_row("pe_ctrl", "run", 17), "n_ff");
  }
  /// So many flip-flops for a clock, with the factor.
  [[nodiscard]] double clocked(double flip_flops) const {
    const double held = Rows::at("datapath", logic_row("reg_plain", "write", 64), "energy_pj_idle");
    const double factor_of_stalls =
        shares() ? 1.0 - factor("fit_stalled_share") * (1.0 - factor("stalled_pe_clock")) : 1.0;
    return flip_flops * held / 64 * factor("clock_factor") / factor_of_stalls;
  }
  [[nodiscard]] bool shares() const { return cost_.find("clock")->scalar == "share"; }
  /// What is left of 16 bits.
  [[nodiscard]] double width() const {
    return factor("fixed_share") + (1.0 - factor("fixed_share")) * kBits / 16.0;
  }
  [[nodiscard]] double clock() const {
    return cost_.find("clock")->scalar == "none" ? 0.0
           : shares()                            ? clocked(wide_core() * width())
                                                 : clocked(flip_flops());
  }
  [[nodiscard]] double stalled() const {
    return clock() * (shares() ? factor("stalled_pe_clock") : 1.0);
  }
  [[nodiscard]] double networks() const {
    return shares() ? clocked(168 * 4 * fifo_flip_flops(16) * width()) : 0.0;
  }
  /// A line in, a line out and an address a bank.
  [[nodiscard]] double buffers() const { return shares() ? clocked(kPortFlipFlops) : 0.0; }

  static double nanowatts(const std::string& table, const Rows::Where& row) {
    return Rows::at(table, row, "leakage_nw");
  }
  static double pe_nanowatts() {
    double sum = nanowatts("mac_pipe", kMac) +
                 nanowatts("register_file", file_row("read", 12, kBits)) +
                 nanowatts("register_file", file_row("read", 24, kWide)) +
                 nanowatts("datapath", logic_row("pe_ctrl", "run", 17));
    for (const int bits : {kBits, kBits, kWide, kWide}) {
      sum += nanowatts("datapath", logic_row("fifo", "push_pop", bits));
    }
    for (const int bits : {kBits, kBits, kWide}) {
      sum += nanowatts("datapath", logic_row("multicast_ctrl", "hit", bits));
    }
    return sum;
  }
  static double lane_nanowatts() {
    const double highway = nanowatts("datapath", logic_row("add_sat", "add", kWide)) -
                           nanowatts("datapath", logic_row("add_sat", "add", kBits)) +
                           nanowatts("requant", requant_row(kWide, kBits));
    return nanowatts("requant", requant_row(kWide, kBits)) +
           nanowatts("datapath", logic_row("add_sat", "add", kBits)) +
           nanowatts("datapath", logic_row("relu", "relu", kWide)) +
           nanowatts("datapath", logic_row("max", "max", kBits)) +
           nanowatts("datapath", logic_row("rlc_enc", "encode", kBits)) +
           nanowatts("datapath", logic_row("rlc_dec", "decode", kBits)) + highway;
  }
  [[nodiscard]] double leakage() const {
    if (!says("leakage")) {
      return 0.0;
    }
    const auto controllers = [](int bits) {
      return nanowatts("datapath", logic_row("multicast_ctrl", "hit", bits));
    };
    const auto control = logic_row("pe_ctrl", "run", 17);
    // The row of psums is 4 x 32 bits: along the line through 32 and 64.
    const double rows =
        controllers(64) + controllers(16) + 3 * controllers(64) - 2 * controllers(32);
    const double chip = kRows * rows + kLanes * lane_nanowatts() +
                        nanowatts("datapath", control) / Rows::at("datapath", control, "nand2_eq") *
                            Rows::constant("controller_nand2");
    const double logic =
        (kRows * kColumns * pe_nanowatts() + chip) * 1e-6 * Rows::constant("logic_leakage_scale");
    const double memories = kRows * kColumns * filter_spad("leakage_mw") +
                            Rows::at("sram", kGlb, "leakage_mw") +
                            Rows::at("sram", kFilterBuffer, "leakage_mw");
    return (logic + memories) * 1e3 / kClockMhz;  // mW of a clock in us: nJ
  }

  [[nodiscard]] Table array_prices() const {
    const auto spad = [this](const char* op, int depth, int bits, bool data) {
      return [=, this] {
        const auto row = file_row(op, depth, bits);
        return (data ? energy_of_data("register_file", row) : energy("register_file", row)) -
               pins("register_file", row);
      };
    };
    const auto at_1v0 = [](double at_1v2) { return at_1v2 / 1.44; };
    return {{"mac.compute",
             [this] { return energy_of_data("mac_pipe", kMac) - pins("mac_pipe", kMac); }},
            {"mac.gated", [] { return Rows::at("mac_pipe", kMac, "energy_pj_idle"); }},
            {"filter_spad.read", [=] { return at_1v0(filter_spad("read_pj")); }},
            {"filter_spad.write",
             [=] { return at_1v0(std::max(filter_spad("read_pj"), filter_spad("write_pj"))); }},
            {"ifmap_spad.read", spad("read", 12, kBits, true)},
            {"ifmap_spad.write", spad("write", 12, kBits, true)},
            {"psum_spad.read", spad("read", 24, kWide, false)},
            {"psum_spad.write", spad("read_write", 24, kWide, false)},
            {"pe_link.compute", [] { return post("adder", "add", kWide); }},
            {"pe_link.write", [this] { return fifo(kWide) + wire(kWide, 1); }},
            {"pe_fifo.write.ifmap", [this] { return fifo(kBits); }},
            {"pe_fifo.write.filter", [this] { return fifo(kBits); }},
            {"pe_fifo.write.psum_in", [this] { return fifo(kWide); }},
            {"pe_fifo.write.psum_out", [this] { return fifo(kWide); }},
            {"pe_control.compute", [this] {
               const auto row = logic_row("pe_ctrl", "run", 17);
               return says("control") ? energy("datapath", row) - pins("datapath", row) : 0.0;
             }}};
  }
  [[nodiscard]] static Table network_prices() {
    Table table;
    for (const auto& [network, bits] :
         {std::pair{"filter", kBits}, {"ifmap", kBits}, {"psum_in", kWide}}) {
      const std::string name = std::string{"noc.write."} + network;
      table[name + "_y"] = [bits = bits] { return wire(bits, kRows) + kRows * miss(bits); };
      table[name + "_x"] = [bits = bits] { return wire(bits, kColumns) + kColumns * miss(bits); };
      table[name + "_hit"] = [bits = bits] { return hit(bits); };
    }
    table["noc.write.psum_out_y"] = [] { return wire(kWide, kRows); };
    table["noc.write.psum_out_x"] = [] { return wire(kWide, kColumns); };
    return table;
  }
  [[nodiscard]] Table chip_prices() const {
    Table table = {
        {"glb_filter.read", [] { return Rows::at("sram", kFilterBuffer, "read_pj_at_1v0"); }},
        {"glb_filter.write",
         [] {
           return std::max(Rows::at("sram", kFilterBuffer, "read_pj_at_1v0"),
                           Rows::at("sram", kFilterBuffer, "write_pj_at_1v0"));
         }},
        {"post.compute.requant", [] { return energy("requant", requant_row(kWide, kBits)); }},
        {"post.compute.quantize", [] { return energy("requant", requant_row(kWide, kBits)); }},
        {"post.compute.add", [] { return post("add_sat", "add", kBits); }},
        {"post.compute.relu", [] { return post("relu", "relu", kBits); }},
        {"post.compute.max", [] { return post("max", "max", kBits); }},
        {"post.compute.pool", [] { return post("adder", "add", kWide); }},
        {"post.compute.mul", [] { return post("mult", "mul", kBits); }},
        {"post.compute.sigmoid", [] { return post("pwl_sigmoid_tanh", "sigmoid", kBits); }},
        {"post.compute.tanh", [] { return post("pwl_sigmoid_tanh", "tanh", kBits); }},
        {"rlc.write",
         [] { return energy_of_data("datapath", logic_row("rlc_enc", "encode", 16)); }},
        {"rlc.read", [] { return energy_of_data("datapath", logic_row("rlc_dec", "decode", 16)); }},
        {"controller.background",
         [this] { return says("control") ? Rows::constant("controller_pj_per_cycle") : 0.0; }},
        {"clock.background.active", [this] { return clock(); }},
        {"clock.background.stalled", [this] { return stalled(); }},
        {"clock.background.networks", [this] { return networks(); }},
        {"clock.background.buffers", [this] { return buffers(); }},
        {"clock.background.gated", [this] { return clock() * factor("idle_pe_clock"); }},
        {"leakage.background", [this] { return leakage(); }}};
    for (const char* item : {"ifmap", "psum", "ofmap", "skip", "transfer"}) {
      table[std::string{"glb.read."} + item] = [] {
        return Rows::at("sram", kGlb, "read_pj_at_1v0");
      };
      table[std::string{"glb.write."} + item] = [] {
        return std::max(Rows::at("sram", kGlb, "read_pj_at_1v0"),
                        Rows::at("sram", kGlb, "write_pj_at_1v0"));
      };
    }
    return table;
  }
  [[nodiscard]] Table dram_prices() const {
    return {{"dram.activate", [this] { return of_devices("act_pre_pj"); }},
            {"dram.read", [this] { return of_a_burst("read_pj_per_bit"); }},
            {"dram.write", [this] { return of_a_burst("write_pj_per_bit"); }},
            {"dram.refresh",
             [this] { return says("dram_background") ? of_devices("refresh_pj") : 0.0; }},
            {"dram.background.precharged", [this] { return standby("background_precharged_mw"); }},
            {"dram.background.active", [this] { return standby("background_active_mw"); }},
            {"dram.background.powerdown", [this] { return standby("background_powerdown_mw"); }}};
  }
  [[nodiscard]] Table all_prices() const {
    Table table = array_prices();
    table.merge(network_prices());
    table.merge(chip_prices());
    table.merge(dram_prices());
    return table;
  }

  ConfigNode cost_;
  ConfigNode device_;
  Table prices_ = all_prices();
};

std::vector<std::string> list_in(const std::string& cell) {
  std::vector<std::string> out;
  std::istringstream in{cell};
  for (std::string each; std::getline(in, each, ',');) {
    each.erase(0, each.find_first_not_of(' '));
    each.erase(each.find_last_not_of(' ') + 1);
    out.push_back(each);
  }
  return out.empty() ? std::vector<std::string>{""} : out;
}

/// The keys of the page's table, at this machine's widths.
std::vector<ActionKey> vocabulary() {
  std::ifstream page{std::string{TURNPIKE_SOURCE_DIR} + "/docs/action_vocabulary.md"};
  std::vector<ActionKey> keys;
  for (std::string line; std::getline(page, line);) {
    std::vector<std::string> cells;
    std::istringstream in{line};
    for (std::string cell; std::getline(in, cell, '|');) {
      cells.push_back(cell);
    }
    Component component{};
    if (cells.size() < 5 || !from_string(list_in(cells[1])[0], component)) {
      continue;
    }
    for (const std::string& action : list_in(cells[2])) {
      for (const std::string& item : list_in(cells[3])) {
        ActionKey key;
        key.component = component;
        EXPECT_TRUE(from_string(action, key.action)) << line;
        key.item = Item::named(item).value();
        const bool psum = component == Component::psum_spad || component == Component::pe_link ||
                          (component != Component::glb && item.starts_with("psum"));
        const bool line_of_values =
            component == Component::glb || component == Component::glb_filter;
        key.bits = line_of_values ? kLine : psum ? kWide : kBits;
        if (component == Component::mac) {
          key.weight_bits = kBits;
          key.psum_bits = kWide;
        }
        keys.push_back(key);
      }
    }
  }
  return keys;
}

/// The machine that the hand prices are of, with one or the other kind of array.
config::AcceleratorConfig machine_of(const char* profile, const char* kind, const char* control) {
  return config::load_accelerator(
      {results::test::config_root() + "/accelerators/precision-highway.yaml",
       results::test::config_root(),
       profile,
       {"precision=16", "psum.cost_bits=32", "highway.enabled=true", "highway.bits=32", "rlc=on",
        std::string{"array.kind="} + kind, std::string{"cost.control="} + control}});
}

cost::CostModel model_of(const config::AcceleratorConfig& config) {
  accelerator::RunResult run;  // integer weights
  run.highway_enabled = true;
  run.highway_bits = kWide;
  return make_cost_model(config, &run, results::test::config_root());
}

/// What only a systolic array does.
bool is_systolic(const ActionKey& key) {
  return key.item == "register" || key.item == "shift" ||
         (key.component == Component::pe_link && !key.item.empty());
}

class HandPricedCounts : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Profiles, HandPricedCounts,
                         testing::Values("silicon", "access", "paper", "chip"));

TEST_P(HandPricedCounts, EveryKeyOfTheVocabularyCostsWhatTheTablesSay) {
  for (const char* control : {"false", "true"}) {
    const config::AcceleratorConfig config = machine_of(GetParam(), "row_stationary", control);
    const cost::CostModel model = model_of(config);
    const HandPrices by_hand{config};
    int priced = 0;
    for (const ActionKey& key : vocabulary()) {
      if (is_systolic(key)) {
        continue;
      }
      const std::optional<double> want = by_hand.of(key);
      SCOPED_TRACE(fmt::format("{} {} {}", to_string(key.component), to_string(key.action),
                               key.item.text()));
      ASSERT_TRUE(want.has_value()) << "has no hand price";
      EXPECT_NEAR(model.price(key).energy.count(), *want, 1e-9 * std::max(1.0, *want));
      ++priced;
    }
    EXPECT_EQ(priced, 63);
  }
}

TEST_P(HandPricedCounts, SoDoThoseOfASystolicArray) {
  const cost::CostModel model = model_of(machine_of(GetParam(), "systolic", "true"));
  const cost::CostModel spads = model_of(machine_of(GetParam(), "row_stationary", "true"));
  int priced = 0;
  for (ActionKey key : vocabulary()) {
    if (!is_systolic(key)) {
      continue;
    }
    SCOPED_TRACE(
        fmt::format("{} {} {}", to_string(key.component), to_string(key.action), key.item.text()));
    ++priced;
    const double energy = model.price(key).energy.count();
    if (key.component == Component::pe_link) {
      EXPECT_NEAR(energy, HandPrices::wire(key.bits, 1), 1e-9);
    } else {  // one word costs something, and less than one of the row-stationary array's many
      key.item = "";
      EXPECT_GT(energy, 0.0);
      EXPECT_LT(energy, spads.price(key).energy.count());
    }
  }
  EXPECT_EQ(priced, 7);
}

}  // namespace
}  // namespace turnpike::pricing
