#include "sim/cost/energy_table.hpp"

#include <algorithm>
#include <cmath>

#include "sim/base/error.hpp"

namespace turnpike::cost {
namespace {

/// The unit of 2^n pJ in which a sum up to `total` takes at most 52 bits; never above 2^-20 pJ
/// unless the total asks for it.
double quantum_of(double total) {
  constexpr int kFinest = -20;
  constexpr int kMantissa = 51;
  const int exponent = total > 0.0 ? std::ilogb(total) + 2 - kMantissa : kFinest;
  return std::ldexp(1.0, std::max(kFinest, exponent));
}

double rounded(double energy, double quantum) {
  return std::nearbyint(energy / quantum) * quantum;
}

std::size_t index_of(Component component) {
  return static_cast<std::size_t>(component);
}

}  // namespace

Picojoules EnergyTable::of_layer(std::size_t layer) const {
  Picojoules sum;
  for (const Picojoules energy : by_layer.at(layer)) {
    sum += energy;
  }
  return sum;
}

Picojoules EnergyTable::of_stream(Stream stream) const {
  Picojoules highway;
  for (const Picojoules energy : by_component_highway) {
    highway += energy;
  }
  return stream == Stream::highway ? highway : total - highway;
}

EnergyTable price_counts(const std::vector<LayerCounts>& layers, const CostModel& model) {
  EnergyTable table;
  table.components = model.components();
  std::map<ActionKey, Price> prices;
  double estimate = 0.0;
  for (std::size_t layer = 0; layer < layers.size(); ++layer) {
    table.layers.push_back(layers[layer].layer);
    for (const auto& [key, count] : layers[layer].counts) {
      auto price = prices.find(key);
      if (price == prices.end()) {
        price = prices.emplace(key, model.price(key)).first;
      }
      const Picojoules energy = energy_of(Accesses{count}, price->second.energy);
      estimate += std::fabs(energy.count());
      table.rows.push_back(
          {layer, key, count, price->second.energy, energy, price->second.interpolated});
    }
  }
  ensure(std::isfinite(estimate), "energy is not finite");
  table.quantum = Picojoules{quantum_of(estimate)};
  table.by_layer.resize(layers.size());
  ClockRows clock;
  for (EnergyRow& row : table.rows) {
    row.energy = Picojoules{rounded(row.energy.count(), table.quantum.count())};
    const std::size_t component = index_of(row.key.component);
    table.by_layer[row.layer][component] += row.energy;
    table.by_component[component] += row.energy;
    if (row.key.stream == Stream::highway) {
      table.by_component_highway[component] += row.energy;
    }
    table.total += row.energy;
    clock.add(row.key, row.count, row.energy);
  }
  table.clock = clock.energies(model.policy(), model.operand_bits());
  return table;
}

}  // namespace turnpike::cost
