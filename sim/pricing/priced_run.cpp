#include "sim/pricing/priced_run.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "memory/dram_device.hpp"
#include "memory/dram_energy.hpp"
#include "sim/accelerator/machine_inventory.hpp"
#include "sim/base/config_map.hpp"
#include "sim/config/sources.hpp"

namespace turnpike::pricing {
namespace {

using accelerator::bytes_of;
using accelerator::RunResult;
using config::AcceleratorConfig;

/// Whether a layer is one of sigmoids, tanhs and products. A product that is done while another
/// layer's psums are read out is in that layer's row, which does not tell.
bool works_by_element(const RunResult& result) {
  return std::any_of(result.layers.begin(), result.layers.end(),
                     [](const accelerator::LayerResult& layer) {
                       return layer.op == "lstm" || layer.op == "gru" || layer.op == "mul";
                     });
}

/// Narrow MACs that together made one: MAC slots of the array over MACs, in the layer with most.
int composed_slices(const RunResult& result) {
  std::uint64_t slices = 1;
  for (const accelerator::LayerResult& layer : result.layers) {
    std::uint64_t slots = 0;
    for (const auto& [key, count] : layer.counts) {
      slots += key.component == Component::mac ? count : 0;
    }
    slices = std::max(slices, layer.macs == 0 ? 1 : (slots + layer.macs - 1) / layer.macs);
  }
  return static_cast<int>(slices);
}

/// Those of a first or last layer as wide as the policy makes it: what a machine must be built for.
int composed_slices(const AcceleratorConfig& config) {
  const int bits = config.layers.first_last == config::FirstLast::composed    ? 16
                   : config.layers.first_last == config::FirstLast::composed8 ? 8
                                                                              : 1;
  const auto parts = [bits](int width) { return (std::max(bits, width) + width - 1) / width; };
  return parts(config.precision.weight) * parts(config.precision.activation);
}

}  // namespace

cost::CostPolicy cost_policy(const AcceleratorConfig& config) {
  ConfigMap top{config.resolved, "(top)"};
  return cost::CostPolicy::read(top);
}

namespace {

int psum_bits(const AcceleratorConfig& config, const RunResult* result) {
  switch (config.psum.cost_bits.rule) {
    case config::PsumCost::Rule::fixed:
      return config.psum.cost_bits.bits;
    case config::PsumCost::Rule::scaled:
      return config.machine_bits();
    case config::PsumCost::Rule::overflow_free:
      break;
  }
  return result != nullptr ? result->psum_bits
                           : config.precision.weight + config.precision.activation + 13;
}

accelerator::MachineUse use_of(const AcceleratorConfig& config, const RunResult* result) {
  accelerator::MachineUse use;
  use.widths.weight = config.precision.weight;
  use.widths.activation = config.precision.activation;
  use.widths.psum = psum_bits(config, result);
  if (result == nullptr) {
    use.widths.midrise = true;
    use.widths.slices = composed_slices(config);
    use.highway_bits = config.highway.enabled ? config.highway.bits : 0;
    return use;
  }
  use.widths.midrise = result->midrise;
  use.widths.slices = composed_slices(*result);
  use.highway_bits = result->highway_enabled ? result->highway_bits : 0;
  use.elementwise_unit = works_by_element(*result);
  return use;
}

}  // namespace

Inventory inventory_of(const AcceleratorConfig& config, const RunResult* result,
                       const std::string& config_root) {
  Inventory machine = accelerator::machine_inventory(config, use_of(config, result));
  machine.dram = memory::dram_prices(memory::find_dram_device(
      config.dram.device, config_root + "/technology/dram", {"dram.device", 0, 0}));
  return machine;
}

cost::CostModel make_cost_model(const AcceleratorConfig& config, const RunResult* result,
                                const std::string& config_root) {
  const cost::Technology technology = cost::Technology::load(
      fmt::format("{}/technology/{}nm", config_root, config.technology.node_nm));
  return {technology, cost_policy(config), inventory_of(config, result, config_root)};
}

void check_prices(const AcceleratorConfig& config, const std::string& config_root) {
  static_cast<void>(make_cost_model(config, nullptr, config_root).area());
}

std::string policy_line_of(const AcceleratorConfig& config,
                           const std::vector<std::string>& wider_skips) {
  const cost::PolicyContext context{config.profile,
                                    to_string(config.psum.cost_bits),
                                    std::string{to_string(config.layers.first_last)},
                                    config.dram.device,
                                    std::string{to_string(config.feature_maps)},
                                    config.mapper.prices.value_or(""),
                                    config::departures(config)};
  std::string line = cost::policy_line(context, cost_policy(config));
  if (config.highway.enabled && config.highway.edges != "all") {
    line += fmt::format("; highway on {} only", config.highway.edges);
  }
  if (!wider_skips.empty()) {
    line += fmt::format("; no baseline: {} skip{} wider than the codes", wider_skips.size(),
                        wider_skips.size() == 1 ? "" : "s");
  }
  return line;
}

bool energy_adds_up(const cost::EnergyTable& table, const RunResult& result,
                    const cost::CostModel& model) {
  double total = 0.0;
  double gross = 0.0;
  bool same = true;
  const auto close = [&gross, &table](double a, Picojoules b) {
    const double rounding = table.quantum.count() * static_cast<double>(table.rows.size());
    return std::fabs(a - b.count()) <= rounding + 1e-9 * gross;
  };
  for (std::size_t i = 0; i < result.layers.size(); ++i) {
    double layer = 0.0;
    for (const auto& [key, count] : result.layers[i].counts) {
      const double energy = model.price(key).energy.count() * static_cast<double>(count);
      layer += energy;
      gross += std::fabs(energy);
    }
    same = same && close(layer, table.of_layer(i));
    total += layer;
  }
  Picojoules by_component;
  for (const Picojoules energy : table.by_component) {
    by_component += energy;
  }
  return same && close(total, table.total) && close(total, by_component);
}

namespace {

/// Runs of earlier versions did not tell mapped PEs with and without a MAC apart.
void check_clock_counts(const AcceleratorConfig& config, const RunResult& result) {
  bool pes = false;
  bool networks = false;
  for (const accelerator::LayerResult& layer : result.layers) {
    for (const auto& [key, count] : layer.counts) {
      pes = pes || (key.component == Component::clock && key.item == "active");
      networks = networks || (key.component == Component::clock && key.item == "networks");
    }
  }
  if (pes && !networks && cost_policy(config).clock == cost::ClockRule::share) {
    throw InputError{{"cost.clock", 0, 0},
                     "'share' needs to know when mapped PEs are stalled, which this run of an "
                     "earlier version did not count: simulate again, or price it with "
                     "cost.clock=constant"};
  }
}

}  // namespace

PricedRun price_run(const AcceleratorConfig& config, RunResult result,
                    const std::string& config_root) {
  check_clock_counts(config, result);
  const cost::CostModel model = make_cost_model(config, &result, config_root);
  std::vector<cost::LayerCounts> counts;
  for (const accelerator::LayerResult& layer : result.layers) {
    counts.push_back({layer.name, layer.counts});
  }
  PricedRun run;
  run.energy = cost::price_counts(counts, model);
  run.area = model.area();
  run.config = config;
  run.price_tables = kept_price_tables(config);
  run.untrusted = untrusted_figures(config, run.area, &result, config_root);
  run.policy = policy_line_of(config, result.wider_skips) + run.untrusted;
  result.checks.conservation["energy"] = energy_adds_up(run.energy, result, model);
  run.result = std::move(result);
  return run;
}

double PricedRun::latency_ms() const {
  return static_cast<double>(result.cycles().total()) / (config.clock_mhz * 1e3);
}
double PricedRun::energy_uj() const {
  return energy.total.count() * 1e-6;
}
double PricedRun::area_mm2() const {
  double total = 0.0;
  for (const cost::AreaItem& item : area) {
    total += item.area.count();
  }
  return total * 1e-6;
}
double PricedRun::average_power_mw() const {
  const double ms = latency_ms();
  return ms > 0.0 ? energy_uj() / ms : 0.0;
}
double PricedRun::tops_per_watt() const {
  const double pj = energy.total.count();
  return pj > 0.0 ? 2.0 * static_cast<double>(result.macs()) / pj : 0.0;
}
double PricedRun::utilization() const {
  const double slots =
      static_cast<double>(result.cycles().processing) * static_cast<double>(config.pes());
  return slots > 0.0 ? static_cast<double>(result.macs()) / slots : 0.0;
}
std::uint64_t PricedRun::glb_bytes() const {
  std::uint64_t bits = 0;
  for (const accelerator::LayerResult& layer : result.layers) {
    bits += layer.glb_bits.total();
  }
  return bytes_of(bits);
}
std::uint64_t PricedRun::dram_bytes() const {
  std::uint64_t bits = 0;
  for (const accelerator::LayerResult& layer : result.layers) {
    bits += layer.dram_bits.total();
  }
  return bytes_of(bits);
}
SquareMicrometres PricedRun::area_of(Component component) const {
  SquareMicrometres total;
  for (const cost::AreaItem& item : area) {
    if (item.component == component) {
      total += item.area;
    }
  }
  return total;
}

}  // namespace turnpike::pricing
