#include "tests/differential/random_run.hpp"

#include <fstream>
#include <initializer_list>

#include <fmt/format.h>
#include <unistd.h>

#include "sim/base/random.hpp"
#include "sim/config/array.hpp"
#include "sim/config/sources.hpp"

namespace turnpike::differential {
namespace {

class Drawer {
 public:
  explicit Drawer(std::uint64_t seed) : random_{seed}, kinds_{seed + 1'000'003} {}

  RandomRun draw() {
    network();
    machine();
    if (kinds_.uniform() < 0.3) {
      constexpr auto& kNames = config::ChoiceNames<config::ArrayKind>::names;
      const auto last = static_cast<std::int64_t>(kNames.size()) - 1;
      set("array.kind", std::string{kNames[static_cast<std::size_t>(kinds_.integer(1, last))]});
    }
    return run_;
  }

 private:
  std::int64_t integer(std::int64_t low, std::int64_t high) { return random_.integer(low, high); }
  bool chance(double probability) { return random_.uniform() < probability; }
  template <class T>
  T one_of(std::initializer_list<T> choices) {
    return *(choices.begin() + integer(0, static_cast<std::int64_t>(choices.size()) - 1));
  }
  void layer(const std::string& text) { run_.network += "  - {" + text + "}\n"; }
  void set(const std::string& key, const std::string& value) {
    run_.settings.push_back(key + '=' + value);
  }
  void set(const std::string& key, std::int64_t value) { set(key, std::to_string(value)); }

  void network() {
    recurrent_ = chance(0.1);
    run_.network = fmt::format("schema: turnpike-network/1\nname: random\nbatch: {}\nlayers:\n",
                               !recurrent_ && chance(0.2) ? 2 : 1);
    if (recurrent_) {
      layer(fmt::format("name: cells, op: {}, input: {}, hidden: {}, steps: {}",
                        chance(0.5) ? "lstm" : "gru", integer(3, 20), integer(2, 12),
                        integer(1, 4)));
      return;
    }
    const std::int64_t height = integer(4, 12);
    std::int64_t channels = integer(3, 16);
    layer(fmt::format("name: stem, op: conv, input: [{}, {}, {}], filters: {}, kernel: 3, pad: 1",
                      integer(1, 6), height, chance(0.7) ? height : integer(4, 14), channels));
    std::string last = "stem";
    for (std::int64_t block = 0, blocks = integer(0, 2); block < blocks; ++block) {
      last = residual_block(block, last, channels);
    }
    if (chance(0.3)) {
      layer(fmt::format("name: pool, op: {}, from: {}, kernel: 2, stride: 2",
                        chance(0.5) ? "maxpool" : "avgpool", last));
      last = "pool";
    }
    if (chance(0.5)) {
      layer(fmt::format("name: branch, op: conv, from: stem, filters: {}, kernel: 1, relu: false",
                        integer(2, 24)));
    }
    if (chance(0.5)) {
      layer(fmt::format("name: head, op: fc, from: {}, filters: {}, relu: false", last,
                        integer(2, 20)));
    }
  }

  /// Two convolutions and the sum with what they started from, or with a projection of it.
  std::string residual_block(std::int64_t number, const std::string& from, std::int64_t& channels) {
    const bool projection = chance(0.4);
    const std::int64_t stride = projection && chance(0.5) ? 2 : 1;
    const std::int64_t out = projection ? integer(3, 20) : channels;
    const std::int64_t first = one_of({1, 3}), second = one_of({1, 3});
    layer(
        fmt::format("name: b{}a, op: conv, from: {}, filters: {}, kernel: {}, stride: {}, pad: {}",
                    number, from, integer(3, 16), first, stride, first / 2));
    layer(fmt::format("name: b{}b, op: conv, filters: {}, kernel: {}, pad: {}, relu: false", number,
                      out, second, second / 2));
    std::string skip = from;
    if (projection) {
      skip = fmt::format("b{}p", number);
      layer(fmt::format(
          "name: {}, op: conv, from: {}, filters: {}, kernel: 1, stride: {}, relu: false", skip,
          from, out, stride));
    }
    channels = out;
    const std::string sum = fmt::format("b{}", number);
    layer(fmt::format("name: {}, op: add, from: [{}b, {}]", sum, sum, skip));
    return sum;
  }

  void machine() {
    const int precision = one_of({1, 2, 2, 3, 4, 8, 16});
    set("precision", precision);
    const bool highway = chance(0.6);
    set("highway.enabled", highway ? "true" : "false");
    if (highway) {
      set("highway.bits", integer(4, 32));
      set("highway.storage", chance(0.5) ? "dual" : "single");
    }
    set("array.rows", integer(3, 13));
    set("array.columns", integer(2, 15));
    set("timing.filter_load", chance(0.7) ? "exact" : "bank");
    set("noc.fifo_depth", integer(4, 8));
    set("noc.ifmap", integer(1, 4));
    set("noc.psum_in", integer(1, 4));
    set("noc.psum_out", integer(1, 4));
    buffer();
    set("post.values_per_clock", one_of({1, 2, 4, 8}));
    set("feature_maps", chance(0.5) ? "keep" : "spill");
    set("transfers", chance(0.8) ? "overlap" : "serial");
    set("rlc", one_of({"off", "off", "on", "where_it_helps"}));
    set("psum.cost_bits", one_of({"16", "16", "32", "overflow_free", "scaled"}));
    set("mapper.objective", one_of({"cycles", "energy", "energy_delay"}));
    set("layers.first_last", one_of({"same", "same", "native16", "composed", "excluded"}));
    if (!recurrent_ && chance(0.2)) {
      set("layers.overrides", fmt::format("{{\"stem\": {}}}", integer(1, precision)));
    }
    const std::string device = one_of({"lpddr3-1600", "lpddr3-1600", "lpddr4-3200", "ddr3-1600",
                                       "ddr4-2400", "ddr4-3200", "hbm2", "eyeriss-link", "ideal"});
    set("dram.device", device);
    set("dram.channels", device != "eyeriss-link" && chance(0.25) ? 2 : 1);
    set("dram.power_down_after", one_of({"off", "off", "0", "20", "400"}));
    set("dram.page", chance(0.8) ? "open" : "closed");
    set("clock_mhz", one_of({250, 250, 200, 500, 333, 127, 1000}));
    if (chance(0.6)) {  // a period that meets the machine's clock often, seldom or never
      run_.tck_ns = one_of({0.5, 1.0, 2.0, 4.0, 5.0, 8.0, 0.833, 1.251, 3.003});
    }
  }

  void buffer() {
    const std::int64_t banks = one_of({1, 2, 4, 4, 8, 16, 25});
    const bool by_type = banks >= 8 && chance(0.3);
    set("glb.banks", banks);
    if (by_type) {
      set("glb.allocation", "bank");
    }
    const std::int64_t line_values = one_of({4, 4, 2, 8});
    set("glb.line_values", line_values);
    const std::int64_t unit = banks * line_values * 2;  // bytes of a line at 16 bit in every bank
    set("glb.bytes_at_16_bit", unit * (integer(1024, 65536) / unit + 1));
    set("glb.latency_cycles", integer(0, 30));
    if (kinds_.integer(0, 2) == 0) {
      set("glb.line", "bits");
    }
  }

  Random random_;
  Random kinds_;  ///< of the array: a run is otherwise that of its seed
  RandomRun run_;
  bool recurrent_ = false;
};

}  // namespace

RandomRun random_run(std::uint64_t seed) {
  return Drawer{seed}.draw();
}

PreparedRun prepare(const RandomRun& run, const std::string& source_dir,
                    const std::string& scratch_dir) {
  const std::string configs = source_dir + "/configs";
  std::string network = run.network;
  if (!network.starts_with("zoo:")) {
    network = fmt::format("{}/random_{}.yaml", scratch_dir, ::getpid());
    std::ofstream{network} << run.network;
  }
  const config::AcceleratorConfig config = config::load_accelerator(
      {.accelerator_file = configs + "/accelerators/precision-highway.yaml",
       .config_root = configs,
       .profile = {},
       .settings = run.settings});
  PreparedRun out{plan_run(config, Workload::open(network),
                           {.config_root = configs, .layers = "*", .simulation = {}, .note = {}}),
                  memory::find_dram_device(config.dram.device, configs + "/technology/dram", {})};
  memory::check_channels(out.device, config.dram.channels, {});
  if (run.tck_ns > 0.0) {
    out.device.tck_ns = run.tck_ns;
  }
  return out;
}

std::string to_string(const RandomRun& run) {
  std::string text;
  for (const std::string& setting : run.settings) {
    text += " --set " + setting;
  }
  return fmt::format("{}\n  DRAM clock {} ns\n{}", text, run.tck_ns, run.network);
}

}  // namespace turnpike::differential
