#pragma once

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "sim/accelerator/simulation.hpp"
#include "tests/sim/accelerator/sample_trace.hpp"
#include "tests/sim/accelerator/small_machine.hpp"

namespace turnpike::accelerator::test {

inline RunResult observed_run(const traces::Trace& trace, const config::AcceleratorConfig& config,
                              const SimulationOptions& options) {
  const memory::DramDevice device = memory::find_dram_device(
      config.dram.device, std::string{TURNPIKE_SOURCE_DIR} + "/configs/technology/dram", {});
  return simulate(trace, config, make_plan(trace, config), device, options);
}

/// Configurations that move the work to other parts of the machine.
inline const std::vector<std::vector<std::string>>& machines() {
  static const std::vector<std::vector<std::string>> settings{
      {},
      {"feature_maps=spill"},
      {"glb.banks=1", "psum.cost_bits=64"},
      {"feature_maps=spill", "transfers=serial", "dram.device=eyeriss-link"},
      {"dram.device=ideal", "feature_maps=spill"},
      {"post.values_per_clock=1", "clock_mhz=60"},
  };
  return settings;
}

inline std::string temporary(const std::string& name) {
  return (std::filesystem::temp_directory_path() / name).string();
}

inline std::string text_of(const std::string& path) {
  std::ostringstream out;
  out << std::ifstream{path, std::ios::binary}.rdbuf();
  return out.str();
}

}  // namespace turnpike::accelerator::test
