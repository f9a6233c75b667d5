#include "sim/accelerator/accelerator_config.hpp"

#include <fmt/format.h>

#include "memory/global_buffer.hpp"
#include "sim/base/config_map.hpp"

namespace turnpike::accelerator {
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
  const std::vector<std::string> names = {"same", "native16", "composed", "composed8", "excluded"};
  if (const auto policy = layers->opt_choice("first_last", names)) {
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (*policy == names[i]) {
        config.first_last = static_cast<FirstLast>(i);
      }
    }
  }
  if (auto overrides = layers->opt_map("overrides")) {
    for (const std::string& pattern : overrides->keys()) {
      config.overrides.push_back({pattern, read_widths(overrides->get_node(pattern), pattern)});
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
  config.highway_enabled = highway->opt_bool("enabled").value_or(false);
  config.highway_given =
      highway->has("enabled") && highway->spot("enabled").file.starts_with("--set ");
  config.highway_bits = static_cast<int>(highway->opt_int("bits", 4, 32).value_or(8));
  config.highway_storage = highway->opt_choice("storage", {"dual", "single"}) == "single"
                               ? HighwayStorage::single
                               : HighwayStorage::dual;
  highway->finish();
}

void read_psum(ConfigMap& top, AcceleratorConfig& config) {
  auto psum = top.opt_map("psum");
  if (!psum) {
    return;
  }
  if (const ConfigNode* cost = psum->opt_node("cost_bits")) {
    config.psum_cost = cost::read_psum_cost(*cost);
  }
  if (const ConfigNode* arithmetic = psum->opt_node("arithmetic")) {
    if (arithmetic->kind == ConfigNode::Kind::mapping) {
      ConfigMap map{*arithmetic, "psum.arithmetic"};
      config.saturating_psum =
          SaturatingPsum{static_cast<int>(map.get_int("saturate", 2, 63)),
                         static_cast<int>(map.opt_int("product_shift", 0, 31).value_or(0))};
      map.finish();
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
  config.rows = array.get_int("rows", 1, kMaxExtent);
  config.columns = array.get_int("columns", 1, kMaxExtent);
  array.finish();
  auto spads = top.get_map("spads");
  config.ifmap_spad = spads.get_int("ifmap", 1, kMaxRegisterFile);
  config.filter_spad = spads.get_int("filter", 1, kMaxFilterSpad);
  config.psum_spad = spads.get_int("psum", 1, kMaxRegisterFile);
  spads.finish();
  auto noc = top.get_map("noc");
  config.fifo_depth = noc.opt_int("fifo_depth", 1, kMaxFifo).value_or(4);
  config.filter_rate = noc.get_int("filter", 1, 64);
  config.ifmap_rate = noc.get_int("ifmap", 1, config.fifo_depth);
  config.psum_in_rate = noc.get_int("psum_in", 1, config.fifo_depth);
  config.psum_out_rate = noc.get_int("psum_out", 1, config.fifo_depth);
  noc.finish();
}

/// InputError unless the buffer is whole lines in every bank.
void check_lines(ConfigMap& glb, const AcceleratorConfig& config) {
  constexpr int kWidth = 16;
  static_cast<void>(
      memory::glb_shape({config.glb_bytes_at_16_bit, static_cast<int>(config.glb_banks),
                         static_cast<int>(config.glb_line_values)},
                        kWidth, memory::GlbShape::Allocation::lines, glb.spot("bytes_at_16_bit")));
}

void read_memory(ConfigMap& top, AcceleratorConfig& config) {
  auto glb = top.get_map("glb");
  config.glb_bytes_at_16_bit = glb.get_int("bytes_at_16_bit", 1, kMaxBytes);
  config.glb_banks = glb.get_int("banks", 1, 4096);
  config.glb_line_values = glb.get_int("line_values", 1, 64);
  config.glb_latency_cycles = glb.opt_int("latency_cycles", 0, 64).value_or(2);
  config.glb_filter_bytes_at_16_bit =
      glb.opt_int("filter_bytes_at_16_bit", 1, kMaxBytes).value_or(8192);
  config.glb_bank_per_type = glb.opt_choice("allocation", {"line", "bank"}) == "bank";
  check_lines(glb, config);
  glb.finish();
  if (auto post = top.opt_map("post")) {
    config.post_values_per_clock = post->get_int("values_per_clock", 1, 1024);
    post->finish();
  }
  if (auto dram = top.opt_map("dram")) {
    config.dram_device = dram->opt_string("device").value_or(config.dram_device);
    config.dram_channels = dram->opt_int("channels", 1, 16).value_or(1);
    config.dram_open_page = dram->opt_choice("page", {"open", "closed"}) != "closed";
    if (const ConfigNode* after = dram->opt_node("power_down_after");
        after != nullptr && after->scalar != "off") {
      config.dram_power_down_after = parse_int(*after, "dram.power_down_after", 0, 1L << 30);
    }
    dram->finish();
  }
  config.feature_maps = top.opt_choice("feature_maps", {"keep", "spill"}) == "spill"
                            ? FeatureMaps::spill
                            : FeatureMaps::keep;
  config.transfers = top.opt_choice("transfers", {"overlap", "serial"}) == "serial"
                         ? Transfers::serial
                         : Transfers::overlap;
  const auto rlc = top.opt_choice("rlc", {"off", "on", "where_it_helps"}).value_or("off");
  config.rlc = rlc == "on"    ? RunLengthCoding::on
               : rlc == "off" ? RunLengthCoding::off
                              : RunLengthCoding::where_it_helps;
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
    config.node_nm = static_cast<int>(technology->opt_int("node_nm", 7, 250).value_or(65));
    config.voltage = technology->opt_double("voltage", kLeastVoltage, kMostVoltage).value_or(1.0);
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
    config.mapper_objective = mapper->get_choice("objective", {"cycles", "energy", "energy_delay"});
    mapper->finish();
  }
  if (auto timing = top.opt_map("timing")) {
    config.filter_load_whole_banks = timing->get_choice("filter_load", {"bank", "exact"}) == "bank";
    timing->finish();
  }
  if (config.filter_load_whole_banks && config.filter_rate > kMostBankedFilterRate) {
    auto noc = top.get_map("noc");
    noc.fail("filter",
             fmt::format("'noc.filter' is {}; with timing.filter_load: bank it is at most "
                         "{}, since a load streams whole banks of 512 words; choose "
                         "timing.filter_load: exact for more",
                         config.filter_rate, kMostBankedFilterRate));
  }
  if (const ConfigNode* cost = top.opt_node("cost")) {
    config.cost = *cost;
  }
  top.finish();
  if (config.saturating_psum) {
    throw InputError{top.spot("psum"),
                     "psum.arithmetic {saturate: ...} is not available in this version; use exact"};
  }
  return config;
}

std::string to_string(FirstLast policy) {
  constexpr const char* kNames[] = {"same", "native16", "composed", "composed8", "excluded"};
  return kNames[static_cast<int>(policy)];
}

}  // namespace turnpike::accelerator
