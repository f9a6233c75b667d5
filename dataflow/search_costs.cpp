#include "dataflow/search_costs.hpp"

#include <cmath>

#include "dataflow/extent.hpp"

namespace turnpike::dataflow {

std::vector<std::int64_t> even_pieces(std::int64_t extent) {
  std::vector<std::int64_t> pieces{extent};
  while (pieces.back() > 1) {
    pieces.push_back(ceil_div(extent, ceil_div(extent, pieces.back() - 1)));
  }
  return pieces;
}

double energy_of(const MovedValues& moved, std::int64_t cycles, const MapperWeights& weights) {
  return static_cast<double>(moved.filter) * (weights.glb_filter + weights.dram_filter) +
         static_cast<double>(moved.ifmap) * weights.glb_ifmap +
         static_cast<double>(moved.psum) * weights.glb_psum +
         static_cast<double>(moved.dram_ifmap) * weights.dram_ifmap +
         static_cast<double>(cycles) * weights.per_cycle;
}

double cost_of(Objective objective, std::int64_t cycles, double energy_pj) {
  switch (objective) {
    case Objective::cycles:
      return static_cast<double>(cycles);
    case Objective::energy:
      return energy_pj;
    case Objective::energy_delay:
      return energy_pj * static_cast<double>(cycles);
  }
  return energy_pj;
}

std::int64_t transfer_cycles(std::int64_t values, const MapperWeights& weights) {
  if (weights.dram_values_per_cycle <= 0.0) {
    return 0;
  }
  return static_cast<std::int64_t>(
      std::ceil(static_cast<double>(values) / weights.dram_values_per_cycle));
}

}  // namespace turnpike::dataflow
