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

double metric_at(const std::vector<UncertainEnergies>& runs, const Draw& draw,
                 const Metric& metric) {
  std::vector<Picojoules> totals;
  totals.reserve(runs.size());
  for (const UncertainEnergies& run : runs) {
    totals.push_back(scaled_total(run, draw));
  }
  return metric(totals);
}

/// The rule whose parameters are uncertain must have been the one that priced.
bool has_parameters(const CostPolicy& policy) {
  return policy.clock == ClockRule::share;
}

}  // namespace

Draw Draw::nominal() {
  Draw draw{};
  draw.factors.fill(1.0);
  return draw;
}

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

Picojoules scaled_total(const UncertainEnergies& run, const Draw& draw) {
  constexpr auto kClock = static_cast<std::size_t>(Group::clock);
  Picojoules total;
  for (std::size_t group = 0; group < run.groups.size(); ++group) {
    Picojoules energy = run.groups[group];
    if (group == kClock && run.clock.share && (draw.fixed_share || draw.stalled_pe_clock)) {
      energy = run.clock.with(draw.fixed_share.value_or(run.clock.fixed_share),
                              draw.stalled_pe_clock.value_or(run.clock.stalled_pe_clock));
    }
    total += energy * draw.factors[group];
  }
  return total;
}

Draw Uncertain::at(double value) const {
  Draw draw = Draw::nominal();
  set(draw, group, value);
  return draw;
}

std::vector<Uncertain> uncertain(const CostPolicy& policy) {
  std::vector<Uncertain> all;
  for (int i = 0; i < kGroups; ++i) {
    const auto group = static_cast<std::size_t>(i);
    all.push_back({to_string(static_cast<Group>(i)), false, policy.uncertainty[group],
                   [](Draw& draw, std::size_t of, double value) { draw.factors[of] = value; },
                   group});
  }
  if (has_parameters(policy) && policy.uncertainty.fixed_share) {
    all.push_back({"fixed_share", true, *policy.uncertainty.fixed_share,
                   [](Draw& draw, std::size_t, double value) { draw.fixed_share = value; }});
  }
  if (has_parameters(policy) && policy.uncertainty.stalled_pe_clock) {
    all.push_back({"stalled_pe_clock", true, *policy.uncertainty.stalled_pe_clock,
                   [](Draw& draw, std::size_t, double value) { draw.stalled_pe_clock = value; }});
  }
  return all;
}

Band band_of(const std::vector<UncertainEnergies>& runs, const CostPolicy& policy,
             const Metric& metric, const MonteCarlo& settings) {
  if (settings.samples < 20) {
    throw InputError{{"sensitivity", 0, 0}, "needs at least 20 samples for a 5 to 95 % band"};
  }
  const std::vector<Uncertain> all = uncertain(policy);
  Random random{settings.seed};
  std::vector<double> values;
  values.reserve(static_cast<std::size_t>(settings.samples));
  for (int sample = 0; sample < settings.samples; ++sample) {
    Draw draw = Draw::nominal();
    for (const Uncertain& each : all) {
      const double value =
          each.parameter ? each.range.low + (each.range.high - each.range.low) * random.uniform()
                         : log_uniform(random, each.range);
      each.set(draw, each.group, value);
    }
    values.push_back(metric_at(runs, draw, metric));
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

std::vector<TornadoRow> tornado(const std::vector<UncertainEnergies>& runs,
                                const CostPolicy& policy, const Metric& metric) {
  std::vector<TornadoRow> rows;
  for (const Uncertain& each : uncertain(policy)) {
    rows.push_back({each.name, each.parameter, each.range,
                    metric_at(runs, each.at(each.range.low), metric),
                    metric_at(runs, each.at(each.range.high), metric)});
  }
  std::stable_sort(rows.begin(), rows.end(),
                   [](const TornadoRow& a, const TornadoRow& b) { return a.swing() > b.swing(); });
  return rows;
}

}  // namespace turnpike::cost
