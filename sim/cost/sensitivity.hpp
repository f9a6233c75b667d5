#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/cost/energy_table.hpp"

namespace turnpike::cost {

/// Energy of a run by uncertainty group; what is sampled is a factor on each.
using GroupEnergies = std::array<Picojoules, kGroups>;
[[nodiscard]] GroupEnergies by_group(const ComponentEnergies& energies);
[[nodiscard]] GroupEnergies by_group(const EnergyTable& table);

/// What of a run's energy is uncertain.
struct UncertainEnergies {
  GroupEnergies groups{};
  ClockEnergies clock;  ///< of the clock's group: how its parameters move it

  UncertainEnergies() = default;
  UncertainEnergies(const GroupEnergies& all) : groups{all} {}  // NOLINT: no clock parameters
  UncertainEnergies(const GroupEnergies& all, const ClockEnergies& clocked)
      : groups{all}, clock{clocked} {}
  /// Of a priced run.
  explicit UncertainEnergies(const EnergyTable& table)
      : groups{by_group(table)}, clock{table.clock} {}
};

/// One factor per group.
using GroupFactors = std::array<double, kGroups>;
/// Values of what is uncertain; a parameter without a value is as the run was priced.
struct Draw {
  GroupFactors factors;
  std::optional<double> fixed_share;
  std::optional<double> stalled_pe_clock;

  /// Everything as it is.
  static Draw nominal();
};
[[nodiscard]] Picojoules scaled_total(const UncertainEnergies& energies, const Draw& draw);

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

/// Draws each group's factor log-uniformly and the parameters of the clock rule `share` uniformly
/// from their ranges in `policy`, the same for all runs (their errors are common), and gives the
/// band of the metric. Deterministic in the seed.
/// InputError if there are fewer than 20 samples.
[[nodiscard]] Band band_of(const std::vector<UncertainEnergies>& runs, const CostPolicy& policy,
                           const Metric& metric, const MonteCarlo& settings);

/// The metric with one group's factor, or one parameter of the clock rule, at the ends of its range
/// and everything else as it is.
struct TornadoRow {
  std::string_view name;   ///< of the group or parameter, a literal
  bool parameter = false;  ///< `range` is of the value itself, not of a factor
  Range range;
  double at_low = 0.0;
  double at_high = 0.0;

  [[nodiscard]] double swing() const;
};

/// What can be drawn for a policy: a row per group, and per parameter that has a range.
struct Uncertain {
  std::string_view name;
  bool parameter = false;
  Range range;
  void (*set)(Draw& draw, std::size_t group, double value) = nullptr;
  std::size_t group = 0;

  [[nodiscard]] Draw at(double value) const;
};
[[nodiscard]] std::vector<Uncertain> uncertain(const CostPolicy& policy);

/// One row per group and parameter, the widest swing first (equal swings in their order).
[[nodiscard]] std::vector<TornadoRow> tornado(const std::vector<UncertainEnergies>& runs,
                                              const CostPolicy& policy, const Metric& metric);

}  // namespace turnpike::cost
