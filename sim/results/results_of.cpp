#include "sim/results/results_of.hpp"

#include <algorithm>
#include <bitset>
#include <numeric>

namespace turnpike::results {

using accelerator::bytes_of;
using accelerator::RunResult;

Totals totals_of(const pricing::PricedRun& run) {
  const RunResult& result = run.result;
  const accelerator::CycleCounts cycles = result.cycles();
  const auto sum = [&result](std::uint64_t accelerator::LayerResult::*member) {
    return std::accumulate(result.layers.begin(), result.layers.end(), std::uint64_t{0},
                           [member](std::uint64_t total, const accelerator::LayerResult& layer) {
                             return total + layer.*member;
                           });
  };
  return {.cycles = cycles.total(),
          .processing_cycles = cycles.processing,
          .dram_stall_cycles = cycles.dram_stall,
          .post_stall_cycles = cycles.post_stall,
          .glb_conflict_cycles = result.glb_conflict_cycles(),
          .passes = result.layers.empty() ? 0 : result.passes,
          .latency_ms = run.latency_ms(),
          .macs = result.macs(),
          .macs_zero_gated = sum(&accelerator::LayerResult::macs_zero_gated),
          .utilization = run.utilization(),
          .energy_uj = run.energy_uj(),
          .area_mm2 = run.area_mm2(),
          .average_power_mw = run.average_power_mw(),
          .tops_per_watt = run.tops_per_watt(),
          .glb_bytes = run.glb_bytes(),
          .glb_transfer_bytes = bytes_of(sum(&accelerator::LayerResult::glb_transfer_bits)),
          .dram_bytes = run.dram_bytes(),
          .dram_packing_loss_bytes = bytes_of(sum(&accelerator::LayerResult::packing_loss_bits)),
          .widest_psum = result.widest_psum};
}

ResultsRecord results_of(const pricing::PricedRun& run) {
  std::bitset<kComponents> of_machine;
  for (const Component component : run.energy.components) {
    of_machine.set(static_cast<std::size_t>(component));
  }
  const auto counted = [&of_machine](const cost::ComponentEnergies& energies) {
    ComponentFigures out;
    out.of_machine = of_machine;
    std::transform(energies.begin(), energies.end(), out.begin(),
                   [](Picojoules energy) { return energy.count(); });
    return out;
  };
  ResultsRecord out;
  out.result = run.result;
  RunFigures& figures = out.figures;
  figures.accelerator = run.config.name;
  figures.profile = run.config.profile;
  figures.policy = run.policy;
  figures.highway_storage = to_string(run.config.highway.storage);
  figures.totals = totals_of(run);
  figures.area_um2.of_machine = of_machine;
  for (const Component component : run.energy.components) {
    figures.area_um2[static_cast<std::size_t>(component)] = run.area_of(component).count();
  }
  figures.energy_pj = counted(run.energy.by_component);
  figures.energy_pj_highway = counted(run.energy.by_component_highway);
  for (const cost::ComponentEnergies& energies : run.energy.by_layer) {
    figures.layer_energy_pj.push_back(counted(energies));
  }
  return out;
}

}  // namespace turnpike::results
