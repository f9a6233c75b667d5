#pragma once

#include <string>
#include <vector>

#include "sim/base/config_node.hpp"
#include "sim/config/accelerator_config.hpp"

namespace turnpike::accelerator::test {

/// A small machine as YAML; tests lay `--set` assignments over it.
inline const char* kSmallMachine = R"(schema: turnpike-accelerator/1
name: small
clock_mhz: 250
technology: {node_nm: 65, voltage: 1.0}
precision: 16
highway: {enabled: false, bits: 8, storage: dual}
psum: {cost_bits: 16, arithmetic: exact}
array: {rows: 6, columns: 7}
spads: {ifmap: 12, filter: 96, psum: 24}
noc: {filter: 4, ifmap: 1, psum_in: 4, psum_out: 4, fifo_depth: 4}
glb: {bytes_at_16_bit: 65536, banks: 8, line_values: 4, latency_cycles: 2}
post: {values_per_clock: 4}
dram: {device: lpddr3-1600, channels: 1, page: open}
feature_maps: keep
transfers: overlap
rlc: off
timing: {filter_load: exact}
)";

inline config::AcceleratorConfig small_machine(const std::vector<std::string>& settings = {}) {
  ConfigNode node = ConfigNode::from_string(kSmallMachine, "small.yaml");
  for (const std::string& setting : settings) {
    node.set(setting);
  }
  return config::read_accelerator(node);
}

}  // namespace turnpike::accelerator::test
