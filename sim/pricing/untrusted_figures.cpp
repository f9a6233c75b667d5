// What the policy line warns of.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "memory/dram_device.hpp"
#include "sim/cost/accelergy_table.hpp"
#include "sim/pricing/priced_run.hpp"

namespace turnpike::pricing {
namespace {

/// One exposure field of a lithography scanner, 26 mm x 33 mm: no chip is larger.
constexpr double kLargestChipMm2 = 858.0;

double mm2_of(const std::vector<cost::AreaItem>& area) {
  double um2 = 0.0;
  for (const cost::AreaItem& item : area) {
    um2 += item.area.count();
  }
  return um2 * 1e-6;
}

bool has_placeholder_memory(const config::AcceleratorConfig& config,
                            const std::string& config_root) {
  return memory::find_dram_device(config.dram.device, config_root + "/technology/dram",
                                  {"dram.device", 0, 0})
             .energy.quality == memory::EnergyQuality::placeholder;
}

}  // namespace

std::string untrusted_figures(const config::AcceleratorConfig& config,
                              const std::vector<cost::AreaItem>& area,
                              const accelerator::RunResult* result,
                              const std::string& config_root) {
  std::vector<std::string> flags;
  if (has_placeholder_memory(config, config_root)) {
    flags.push_back("memory energies are placeholders");
  }
  const auto highest = cost::Technology::load(fmt::format("{}/technology/{}nm", config_root,
                                                          config.technology.node_nm))
                           .highest_clock_mhz();
  if (highest && config.clock_mhz > *highest) {
    flags.push_back(fmt::format("clock above {} MHz", *highest));
  }
  if (mm2_of(area) > kLargestChipMm2) {
    flags.push_back(fmt::format("area above {} mm2", kLargestChipMm2));
  }
  if (result != nullptr && result->float_layers > 0) {
    flags.push_back(fmt::format("{} float layer{} priced as 16 bit", result->float_layers,
                                result->float_layers == 1 ? "" : "s"));
  }
  if (const auto table = cost_policy(config).energy_table) {
    std::vector<std::string_view> unscaled;
    for (const Component component : cost::unscaled_components(cost::read_energy_table(*table))) {
      unscaled.push_back(to_string(component));
    }
    if (!unscaled.empty()) {
      flags.push_back(fmt::format("whatever their bits: {}", fmt::join(unscaled, " ")));
    }
  }
  return flags.empty() ? "" : fmt::format("; beware: {}", fmt::join(flags, ", "));
}

}  // namespace turnpike::pricing
