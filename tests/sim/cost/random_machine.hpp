#pragma once

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "tests/sim/cost/fixtures.hpp"

namespace turnpike::cost::test {

/// A machine from all of what docs/configuration.md allows.
inline Machine random_machine(std::mt19937& random) {
  const auto upto = [&random](int low, int high) {
    return static_cast<int>(std::lround(
        std::exp(std::uniform_real_distribution<>{std::log(low), std::log(high)}(random))));
  };
  const auto coin = [&random] { return random() % 2 == 0; };
  Machine m;
  config::AcceleratorConfig& c = m.config;
  c.array = {.rows = upto(1, 1024), .columns = upto(1, 1024)};
  c.precision.weight = upto(1, 16);
  c.precision.activation = upto(1, 16);
  m.use.widths = {.weight = c.precision.weight,
                  .activation = c.precision.activation,
                  .psum = upto(1, 64),
                  .midrise = coin(),
                  .slices = coin() ? 1 : 4};
  c.spads = {.ifmap = upto(1, 224), .filter = upto(1, 4096), .psum = upto(1, 224)};
  c.noc.fifo_depth = upto(1, 64);
  c.noc.filter = upto(1, 64);
  c.noc.ifmap = upto(1, static_cast<int>(c.noc.fifo_depth));
  c.noc.psum_in = upto(1, static_cast<int>(c.noc.fifo_depth));
  c.glb.banks = upto(1, 4096);
  c.glb.line_values = upto(1, 64);
  c.glb.bytes_at_16_bit = 16 * upto(1, 262144);
  c.glb.filter_bytes_at_16_bit = 16 * upto(1, 65536);
  c.glb.line = coin() ? config::LinePolicy::bits : config::LinePolicy::values;
  if (c.glb.line == config::LinePolicy::bits) {  // a line in every bank at every width
    c.glb.banks = std::min<std::int64_t>(c.glb.banks, 131072 / c.glb.line_values);
    c.glb.bytes_at_16_bit = std::max(c.glb.bytes_at_16_bit, 32 * c.glb.banks * c.glb.line_values);
  }
  c.post.values_per_clock = upto(1, 1024);
  c.rlc = coin() ? config::RunLengthMode::on : config::RunLengthMode::off;
  c.layers.first_last = coin() ? config::FirstLast::native16 : config::FirstLast::same;
  c.technology.voltage = std::uniform_real_distribution<>{0.8, 1.2}(random);
  m.use.elementwise_unit = coin();
  m.use.highway_bits = coin() ? 0 : upto(4, 32);
  return m;
}

/// A count of each kind on such a machine.
inline std::vector<ActionKey> actions_of(const Machine& m) {
  const int a = m.use.widths.activation;
  const int w = m.use.widths.weight;
  const int p = m.use.widths.psum;
  ActionKey mac = mac_key(a, p);
  mac.weight_bits = w;
  mac.midrise = m.use.widths.midrise;
  ActionKey gated = mac;
  gated.action = Action::gated;
  std::vector<ActionKey> keys = {mac, gated, key(Component::pe_link, Action::compute, p)};
  for (const Action action : {Action::read, Action::write}) {
    keys.push_back(key(Component::filter_spad, action, w));
    keys.push_back(key(Component::ifmap_spad, action, a));
    keys.push_back(key(Component::psum_spad, action, p));
    keys.push_back(key(Component::glb, action, m.config.line_bits(), "psum"));
    keys.push_back(key(Component::glb_filter, action, m.config.glb.line_bits(w)));
    keys.push_back(key(Component::rlc, action, a));
  }
  for (const Item item : std::initializer_list<Item>{"requant", "add", "relu", "quantize", "max",
                                                     "pool", "mul", "sigmoid", "tanh"}) {
    keys.push_back(key(Component::post, Action::compute, std::max(a, w), item));
  }
  for (const Item item :
       std::initializer_list<Item>{"filter_y", "filter_x", "filter_hit", "ifmap_y", "ifmap_hit",
                                   "psum_in_x", "psum_out_y"}) {
    keys.push_back(key(Component::noc, Action::write, a, item));
  }
  keys.push_back(key(Component::pe_fifo, Action::write, a, "ifmap"));
  keys.push_back(key(Component::leakage, Action::background));
  return keys;
}

}  // namespace turnpike::cost::test
