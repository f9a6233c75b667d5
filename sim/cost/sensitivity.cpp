#include "sim/cost/sensitivity.hpp"

#include <algorithm>
#include <cmath>

#include "sim/base/error.hpp"
#include "sim/base/random.hpp"

namespace turnpike::cost {
namespace {

double log_uniform(Random& random, const Range& range) {
  return range.low * std::pow(range.high / range.low, random.uniform());
}

double metric_at(const std::vector<GroupEnergies>& runs, const GroupFactors& factors,
                 const Metric& metric) {
  std::vector<Picojoules> totals;
  totals.reserve(runs.size());
  for (const GroupEnergies& run : runs) {
    totals.push_back(scaled_total(run, factors));
  }
  return metric(totals);
}

GroupFactors ones() {
  GroupFactors factors;
  factors.fill(1.0);
  return factors;
}

}  // namespace

GroupEnergies by_group(const ComponentEnergies& energies) {
  GroupEnergies groups{};
  for (int i = 0; i < kComponents; ++i) {
    const auto group = static_cast<std::size_t>(group_of(static_cast<Component>(i)));
    groups[group] += energies[static_cast<std::size_t>(i)];
  }
  return groups;
}

GroupEnergies by_group(const EnergyTable& table) {
  return by_group(table.by_component);
}

Picojoules scaled_total(const GroupEnergies& energies, const GroupFactors& factors) {
  Picojoules total;
  for (std::size_t group = 0; group < energies.size(); ++group) {
    total += energies[group] * factors[group];
  }
  return total;
}

Band band_of(const std::vector<GroupEnergies>& runs, const CostPolicy& policy, const Metric& metric,
             const MonteCarlo& settings) {
  if (settings.samples < 20) {
    throw InputError{{"sensitivity", 0, 0}, "needs at least 20 samples for a 5 to 95 % band"};
  }
  Random random{settings.seed};
  std::vector<double> values;
  values.reserve(static_cast<std::size_t>(settings.samples));
  for (int sample = 0; sample < settings.samples; ++sample) {
    GroupFactors factors{};
    for (std::size_t group = 0; group < factors.size(); ++group) {
      factors[group] = log_uniform(random, policy.uncertainty[group]);
    }
    values.push_back(metric_at(runs, factors, metric));
  }
  std::sort(values.begin(), values.end());
  const auto quantile = [&values](double p) {
    return values[static_cast<std::size_t>(p * static_cast<double>(values.size() - 1))];
  };
  return {quantile(0.05), quantile(0.50), quantile(0.95)};
}

double TornadoRow::swing() const {
  return std::fabs(at_high - at_low);
}

std::vector<TornadoRow> tornado(const std::vector<GroupEnergies>& runs, const CostPolicy& policy,
                                const Metric& metric) {
  std::vector<TornadoRow> rows;
  for (int i = 0; i < kGroups; ++i) {
    const auto group = static_cast<std::size_t>(i);
    GroupFactors factors = ones();
    factors[group] = policy.uncertainty[group].low;
    const double low = metric_at(runs, factors, metric);
    factors[group] = policy.uncertainty[group].high;
    rows.push_back({static_cast<Group>(i), low, metric_at(runs, factors, metric)});
  }
  std::stable_sort(rows.begin(), rows.end(),
                   [](const TornadoRow& a, const TornadoRow& b) { return a.swing() > b.swing(); });
  return rows;
}

}  // namespace turnpike::cost
