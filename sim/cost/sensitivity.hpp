#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "sim/cost/energy_table.hpp"

namespace turnpike::cost {

/// Energy of a run by uncertainty group; what is sampled is a factor on each.
using GroupEnergies = std::array<Picojoules, kGroups>;
[[nodiscard]] GroupEnergies by_group(const ComponentEnergies& energies);
[[nodiscard]] GroupEnergies by_group(const EnergyTable& table);

/// One factor per group.
using GroupFactors = std::array<double, kGroups>;
[[nodiscard]] Picojoules scaled_total(const GroupEnergies& energies, const GroupFactors& factors);

/// A number made of the energies of several runs, each already scaled by the same factors, e.g.
/// 100 (1 - narrow / wide).
using Metric = std::function<double(const std::vector<Picojoules>& totals)>;

/// Percentiles of a sample.
struct Band {
  double p5 = 0.0;
  double p50 = 0.0;
  double p95 = 0.0;
};

struct MonteCarlo {
  std::uint64_t seed = 1;
  int samples = 4000;
};

/// Draws each group's factor log-uniformly from its range in `policy`, the same factors for all
/// runs (their errors are common), and gives the band of the metric. Deterministic in the seed.
/// InputError if there are fewer than 20 samples.
[[nodiscard]] Band band_of(const std::vector<GroupEnergies>& runs, const CostPolicy& policy,
                           const Metric& metric, const MonteCarlo& settings);

/// The metric with one group at the ends of its range and the others as they are.
struct TornadoRow {
  Group group = Group::logic;
  double at_low = 0.0;
  double at_high = 0.0;

  [[nodiscard]] double swing() const;
};

/// One row per group, the widest swing first (equal swings in the order of Group).
[[nodiscard]] std::vector<TornadoRow> tornado(const std::vector<GroupEnergies>& runs,
                                              const CostPolicy& policy, const Metric& metric);

}  // namespace turnpike::cost
