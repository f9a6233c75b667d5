#pragma once

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "tests/sim/cost/fixtures.hpp"

namespace turnpike::cost::test {

/// A machine from all of what docs/configuration.md allows.
inline MachineStructure random_machine(std::mt19937& random) {
  const auto upto = [&random](int low, int high) {
    return static_cast<int>(std::lround(
        std::exp(std::uniform_real_distribution<>{std::log(low), std::log(high)}(random))));
  };
  MachineStructure m;
  m.rows = upto(1, 1024);
  m.columns = upto(1, 1024);
  m.weight_bits = upto(1, 16);
  m.activation_bits = upto(1, 16);
  m.psum_bits = upto(1, 64);
  m.midrise = random() % 2 == 0;
  m.ifmap_spad_words = upto(1, 224);
  m.filter_spad_words = upto(1, 4096);
  m.psum_spad_words = upto(1, 224);
  m.fifo_depth = upto(1, 64);
  m.filter_values_per_clock = upto(1, 64);
  m.ifmap_values_per_clock = upto(1, m.fifo_depth);
  m.psum_in_values_per_clock = upto(1, m.fifo_depth);
  m.psum_out_values_per_clock = upto(1, m.fifo_depth);
  const int values = upto(1, 64);
  m.glb_banks = upto(1, 4096);
  m.glb_line_bits = values * std::max(m.weight_bits, m.activation_bits);
  m.glb_bytes = upto(1, 4194304);
  m.filter_buffer_line_bits = values * m.weight_bits;
  m.filter_buffer_bytes = upto(1, 1048576);
  m.post_values_per_clock = upto(1, 1024);
  m.elementwise_unit = random() % 2 == 0;
  m.rlc = random() % 2 == 0;
  m.highway_bits = random() % 2 == 0 ? 0 : upto(4, 32);
  m.composed_slices = random() % 2 == 0 ? 1 : 4;
  m.native16_layers = random() % 2 == 0;
  m.voltage = std::uniform_real_distribution<>{0.8, 1.2}(random);
  m.dram = DramPrices{1000.0, 300.0, 310.0, 20000.0, 20.0, 30.0, 5.0, 1.25, 512};
  return m;
}

/// A count of each kind on such a machine.
inline std::vector<ActionKey> actions_of(const MachineStructure& m) {
  const int a = m.activation_bits;
  const int w = m.weight_bits;
  const int p = m.psum_bits;
  ActionKey mac = mac_key(a, p);
  mac.weight_bits = w;
  mac.midrise = m.midrise;
  ActionKey gated = mac;
  gated.action = Action::gated;
  std::vector<ActionKey> keys = {mac, gated, key(Component::pe_link, Action::compute, p)};
  for (const Action action : {Action::read, Action::write}) {
    keys.push_back(key(Component::filter_spad, action, w));
    keys.push_back(key(Component::ifmap_spad, action, a));
    keys.push_back(key(Component::psum_spad, action, p));
    keys.push_back(key(Component::glb, action, m.glb_line_bits, "psum"));
    keys.push_back(key(Component::glb_filter, action, m.filter_buffer_line_bits));
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
