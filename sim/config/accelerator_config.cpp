#include "sim/config/accelerator_config.hpp"

#include <fmt/format.h>

#include "sim/base/config_map.hpp"

namespace turnpike::config {
namespace {

constexpr long kMaxExtent = 1024;
constexpr long kMaxBytes = 1L << 26;
// What the technology's tables price (docs/cost.md): flip-flop register files to 224 words, filter
// spads to 4096, FIFOs to 64; energies go with V^2 from 0.8 to 1.2 V.
constexpr long kMaxRegisterFile = 224;
constexpr long kMaxFilterSpad = 4096;
constexpr long kMaxFifo = 64;
constexpr double kLeastVoltage = 0.8;
constexpr double kMostVoltage = 1.2;
// timing.filter_load: bank streams banks of 512 words; a load is at most 16384 values.
constexpr std::int64_t kMostBankedFilterRate = 32;

template <Choice Enum>
void read_choice(ConfigMap& map, const std::string& key, Enum& value) {
  constexpr auto& kNames = ChoiceNames<Enum>::names;
  if (const auto name = map.opt_choice(key, {kNames.begin(), kNames.end()})) {
    value = *choice_named<Enum>(*name);
  }
}

OperandWidths read_widths(const ConfigNode& node, const std::string& key) {
  if (node.kind == ConfigNode::Kind::mapping) {
    ConfigMap map{node, key};
    const OperandWidths widths{static_cast<int>(map.get_int("weight", 1, 16)),
                               static_cast<int>(map.get_int("activation", 1, 16))};
    map.finish();
    return widths;
  }
  const int bits = static_cast<int>(parse_int(node, key, 1, 16));
  return {bits, bits};
}

void read_layers(ConfigMap& top, AcceleratorConfig& config) {
  auto layers = top.opt_map("layers");
  if (!layers) {
    return;
  }
  read_choice(*layers, "first_last", config.layers.first_last);
  if (auto overrides = layers->opt_map("overrides")) {
    for (const std::string& pattern : overrides->keys()) {
      config.layers.overrides.push_back(
          {pattern, read_widths(overrides->get_node(pattern), pattern)});
    }
    overrides->finish();
  }
  layers->finish();
}

void read_highway(ConfigMap& top, AcceleratorConfig& config) {
  auto highway = top.opt_map("highway");
  if (!highway) {
    return;
  }
  config.highway.enabled = highway->opt_bool("enabled").value_or(false);
  config.highway_given =
      highway->has("enabled") && highway->spot("enabled").file.starts_with("--set ");
  config.highway.bits = static_cast<int>(highway->opt_int("bits", 4, 32).value_or(8));
  read_choice(*highway, "storage", config.highway.storage);
  highway->finish();
}

void read_psum(ConfigMap& top, AcceleratorConfig& config) {
  auto psum = top.opt_map("psum");
  if (!psum) {
    return;
  }
  if (const ConfigNode* cost = psum->opt_node("cost_bits")) {
    config.psum.cost_bits = read_psum_cost(*cost);
  }
  if (const ConfigNode* arithmetic = psum->opt_node("arithmetic")) {
    if (arithmetic->kind == ConfigNode::Kind::mapping) {
      psum->fail("arithmetic",
                 "psum.arithmetic {saturate: ...} is not available in this version; use exact");
    } else if (arithmetic->scalar != "exact") {
      psum->fail("arithmetic",
                 "'psum.arithmetic' must be exact or {saturate: bits, "
                 "product_shift: bits}");
    }
  }
  psum->finish();
}

void read_array(ConfigMap& top, AcceleratorConfig& config) {
  auto array = top.get_map("array");
  read_choice(array, "kind", config.array.kind);
  config.array.rows = array.get_int("rows", 1, kMaxExtent);
  config.array.columns = array.get_int("columns", 1, kMaxExtent);
  array.finish();
  auto spads = top.get_map("spads");
  config.spads.ifmap = spads.get_int("ifmap", 1, kMaxRegisterFile);
  config.spads.filter = spads.get_int("filter", 1, kMaxFilterSpad);
  config.spads.psum = spads.get_int("psum", 1, kMaxRegisterFile);
  spads.finish();
  auto noc = top.get_map("noc");
  config.noc.fifo_depth = noc.opt_int("fifo_depth", 1, kMaxFifo).value_or(4);
  config.noc.filter = noc.get_int("filter", 1, 64);
  config.noc.ifmap = noc.get_int("ifmap", 1, config.noc.fifo_depth);
  config.noc.psum_in = noc.get_int("psum_in", 1, config.noc.fifo_depth);
  config.noc.psum_out = noc.get_int("psum_out", 1, config.noc.fifo_depth);
  noc.finish();
}

void read_memory(ConfigMap& top, AcceleratorConfig& config) {
  auto glb = top.get_map("glb");
  config.glb.bytes_at_16_bit = glb.get_int("bytes_at_16_bit", 1, kMaxBytes);
  config.glb.banks = glb.get_int("banks", 1, 4096);
  config.glb.line_values = glb.get_int("line_values", 1, 64);
  config.glb.latency_cycles = glb.opt_int("latency_cycles", 0, 64).value_or(2);
  config.glb.filter_bytes_at_16_bit =
      glb.opt_int("filter_bytes_at_16_bit", 1, kMaxBytes).value_or(8192);
  read_choice(glb, "allocation", config.glb.allocation);
  static_cast<void>(lines_per_bank(config.glb, glb.spot("bytes_at_16_bit")));
  glb.finish();
  if (auto post = top.opt_map("post")) {
    config.post.values_per_clock = post->get_int("values_per_clock", 1, 1024);
    post->finish();
  }
  if (auto dram = top.opt_map("dram")) {
    config.dram.device = dram->opt_string("device").value_or(config.dram.device);
    config.dram.channels = dram->opt_int("channels", 1, 16).value_or(1);
    read_choice(*dram, "page", config.dram.page);
    if (const ConfigNode* after = dram->opt_node("power_down_after");
        after != nullptr && after->scalar != "off") {
      config.dram.power_down_after = parse_int(*after, "dram.power_down_after", 0, 1L << 30);
    }
    dram->finish();
  }
  read_choice(top, "feature_maps", config.feature_maps);
  read_choice(top, "transfers", config.transfers);
  read_choice(top, "rlc", config.rlc);
}

}  // namespace

AcceleratorConfig read_accelerator(const ConfigNode& merged) {
  AcceleratorConfig config;
  config.resolved = merged;
  ConfigMap top{config.resolved, "(top)"};
  static_cast<void>(top.get_choice("schema", {"turnpike-accelerator/1"}));
  config.name = top.get_string("name");
  config.profile = top.opt_string("profile").value_or("silicon");
  config.clock_mhz = top.get_double("clock_mhz", 1.0, 10000.0);
  if (auto technology = top.opt_map("technology")) {
    config.technology.node_nm =
        static_cast<int>(technology->opt_int("node_nm", 7, 250).value_or(65));
    config.technology.voltage =
        technology->opt_double("voltage", kLeastVoltage, kMostVoltage).value_or(1.0);
    technology->finish();
  }
  config.precision = read_widths(top.get_node("precision"), "precision");
  config.precision_given = top.spot("precision").file.starts_with("--set ");
  read_layers(top, config);
  read_highway(top, config);
  read_psum(top, config);
  read_array(top, config);
  read_memory(top, config);
  if (auto mapper = top.opt_map("mapper")) {
    static_cast<void>(mapper->get_node("objective"));
    read_choice(*mapper, "objective", config.mapper.objective);
    mapper->finish();
  }
  if (auto timing = top.opt_map("timing")) {
    static_cast<void>(timing->get_node("filter_load"));
    read_choice(*timing, "filter_load", config.timing.filter_load);
    timing->finish();
  }
  if (config.timing.filter_load == FilterLoad::bank && config.noc.filter > kMostBankedFilterRate) {
    auto noc = top.get_map("noc");
    noc.fail("filter",
             fmt::format("'noc.filter' is {}; with timing.filter_load: bank it is at most "
                         "{}, since a load streams whole banks of 512 words; choose "
                         "timing.filter_load: exact for more",
                         config.noc.filter, kMostBankedFilterRate));
  }
  if (const ConfigNode* cost = top.opt_node("cost")) {
    config.cost = *cost;
  }
  top.finish();
  return config;
}

}  // namespace turnpike::config
