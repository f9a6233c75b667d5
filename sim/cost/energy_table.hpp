#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "sim/cost/cost_model.hpp"

namespace turnpike::cost {

/// The action counts of one layer, with its name.
struct LayerCounts {
  std::string layer;
  ActionCounts counts;
};

/// One line of counts.csv, priced.
struct EnergyRow {
  std::size_t layer = 0;  ///< index into EnergyTable::layers
  ActionKey key;
  std::uint64_t count = 0;
  Picojoules each;    ///< the price as the model gives it
  Picojoules energy;  ///< count x each, rounded to EnergyTable::quantum
  bool interpolated = false;
};

/// Energies by component, in the order of Component.
using ComponentEnergies = std::array<Picojoules, kComponents>;

/// Priced counts and their sums.
///
/// Each row's energy is rounded to a multiple of a power of two small enough to be lost in the
/// total's last digits and large enough that every sum of rows is exact in a double. So energy by
/// layer = by component = by stream = total exactly, in whatever order they are added, and pricing
/// the same counts twice gives the same bits.
struct EnergyTable {
  std::vector<std::string> layers;
  std::vector<Component> components;         ///< of the machine
  std::vector<EnergyRow> rows;               ///< by layer, then by key
  std::vector<ComponentEnergies> by_layer;   ///< [layer][component], both streams
  ComponentEnergies by_component{};          ///< both streams
  ComponentEnergies by_component_highway{};  ///< the highway's share of it
  ClockEnergies clock;                       ///< of by_component's, what moves it
  Picojoules total;
  Picojoules quantum;  ///< the unit the rows are rounded to

  [[nodiscard]] Picojoules of_layer(std::size_t layer) const;
  [[nodiscard]] Picojoules of_stream(Stream stream) const;
};

/// InputError for an action the model cannot price.
[[nodiscard]] EnergyTable price_counts(const std::vector<LayerCounts>& layers,
                                       const CostModel& model);

}  // namespace turnpike::cost
