#include "sim/report/sensitivity_report.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sim/base/config_map.hpp"
#include "sim/config/profile.hpp"
#include "sim/config/sources.hpp"
#include "sim/cost/policy.hpp"
#include "sim/pricing/repricing.hpp"

namespace turnpike::report {
namespace {

using Json = nlohmann::ordered_json;
using cost::ClockRule;
using cost::CostPolicy;
using cost::Metric;

/// The clock factor of a policy that has a clock; that of the `silicon` profile for one without.
CostPolicy clocked(const CostPolicy& policy, const std::string& config_root) {
  if (policy.clock != ClockRule::none) {
    return policy;
  }
  const auto silicon = config::Profile::load(config::profile_path("silicon", config_root));
  ConfigMap map{silicon.overlay, "(top)"};
  return CostPolicy::read(map);
}

/// The older rules, at the factor of the policy.
void add_rules(const CostPolicy& policy, const CostPolicy& clock, std::vector<PriceVariant>& out) {
  for (const ClockRule rule :
       {ClockRule::flip_flops, ClockRule::constant, ClockRule::proportional}) {
    if (rule != policy.clock) {
      out.push_back({fmt::format("clock: {} x {}", to_string(rule), clock.clock_factor),
                     {"cost.access_clock=false", fmt::format("cost.clock={}", to_string(rule)),
                      fmt::format("cost.clock_factor={}", clock.clock_factor),
                      fmt::format("cost.idle_pe_clock={}", clock.idle_pe_clock)}});
    }
  }
}

/// How the clock may scale with the width, and how far PEs without a MAC are gated: the ends of
/// each, the factor fitted anew for each.
void add_shares(const CostPolicy& policy, const CostPolicy& clock, std::vector<PriceVariant>& out) {
  const auto add = [&](const char* name, double fixed, double stalled) {
    out.push_back({fmt::format("clock: {}", name),
                   {"cost.clock=share", fmt::format("cost.access_clock={}", clock.access_clock),
                    fmt::format("cost.clock_factor={}", clock.clock_factor),
                    fmt::format("cost.idle_pe_clock={}", clock.idle_pe_clock),
                    fmt::format("cost.fit_stalled_share={}", clock.fit_stalled_share),
                    fmt::format("cost.fixed_share={}", fixed),
                    fmt::format("cost.stalled_pe_clock={}", stalled)}});
  };
  if (policy.clock == ClockRule::none) {
    add("as in silicon", clock.fixed_share, clock.stalled_pe_clock);
  }
  add("constant", 1.0, clock.stalled_pe_clock);
  add("proportional to the width", 0.0, clock.stalled_pe_clock);
  add("stalled PEs like busy ones", clock.fixed_share, 1.0);
  add("stalled PEs gated", clock.fixed_share, 0.0);
}

}  // namespace

std::vector<PriceVariant> price_variants(const CostPolicy& policy, const std::string& config_root) {
  std::vector<PriceVariant> out;
  const CostPolicy clock = clocked(policy, config_root);
  if (clock.clock == ClockRule::share) {
    add_shares(policy, clock, out);
  } else {
    add_rules(policy, clock, out);
  }
  if (policy.clock != ClockRule::none || policy.access_clock) {
    out.push_back({"clock: none", {"cost.access_clock=false", "cost.clock=none"}});
  }
  if (policy.clock != ClockRule::none || !policy.access_clock) {
    out.push_back({"clock: inside accesses only", {"cost.clock=none", "cost.access_clock=true"}});
  }
  const auto toggle = [&out](const char* key, const char* name, bool now) {
    out.push_back(
        {fmt::format("{}: {}", name, now ? "out" : "in"), {fmt::format("cost.{}={}", key, !now)}});
  };
  toggle("control", "control", policy.control);
  toggle("leakage", "leakage", policy.leakage);
  toggle("dram_background", "DRAM standby", policy.dram_background);
  return out;
}

namespace {

bool same_ranges(const CostPolicy& a, const CostPolicy& b) {
  return a.uncertainty == b.uncertainty;
}

std::vector<Picojoules> totals_with(const std::vector<results::StoredRun>& runs,
                                    const PriceVariant& variant, const std::string& config_root) {
  std::vector<Picojoules> totals;
  for (const results::StoredRun& run : runs) {
    const auto config =
        pricing::repriced_config(run.config, {{}, {}, variant.settings}, config_root);
    totals.push_back(results::price_stored_run(run, config, config_root).energy.total);
  }
  return totals;
}

/// Energy of the only run in uJ, or the change of run `index` against the first in percent.
Metric metric_of(std::size_t index) {
  if (index == 0) {
    return [](const std::vector<Picojoules>& totals) { return totals[0].count() * 1e-6; };
  }
  return [index](const std::vector<Picojoules>& totals) {
    return 100.0 * (totals[index] / totals[0] - 1.0);
  };
}

}  // namespace

SensitivityReport sensitivity_of(const std::vector<results::StoredRun>& runs,
                                 const std::string& config_root, const cost::MonteCarlo& settings) {
  SensitivityReport report;
  report.settings = settings;
  report.policy = pricing::cost_policy(runs.front().config);
  std::vector<cost::UncertainEnergies> energies;
  std::vector<Picojoules> nominal;
  for (const results::StoredRun& run : runs) {
    if (!same_ranges(report.policy, pricing::cost_policy(run.config))) {
      throw InputError{{run.directory, 0, 0},
                       fmt::format("its cost.uncertainty is not that of {}: reprice one of them "
                                   "first",
                                   runs.front().directory)};
    }
    config::AcceleratorConfig config = run.config;
    config.mapper.prices = config.mapper.prices.value_or(config.profile);  // whatever prices vary
    const pricing::PricedRun priced = results::price_stored_run(run, config, config_root);
    energies.emplace_back(priced.energy);
    nominal.push_back(priced.energy.total);
    report.policy_lines.push_back(priced.policy);
  }
  std::vector<PolicyVariant> variants;
  for (const PriceVariant& variant : price_variants(report.policy, config_root)) {
    variants.push_back({variant.name, totals_with(runs, variant, config_root)});
  }
  for (std::size_t i = runs.size() > 1 ? 1 : 0; i < runs.size(); ++i) {
    const Metric metric = metric_of(i);
    SensitivityOf number;
    number.what =
        i == 0 ? fmt::format("energy of {}, uJ", runs[0].directory)
               : fmt::format("energy of {} against {}, %", runs[i].directory, runs[0].directory);
    number.nominal = metric(nominal);
    number.band = cost::band_of(energies, report.policy, metric, settings);
    number.constants = cost::tornado(energies, report.policy, metric);
    for (const PolicyVariant& variant : variants) {
      number.policies.emplace_back(variant.name, metric(variant.totals));
    }
    report.numbers.push_back(std::move(number));
  }
  return report;
}

std::string to_text(const SensitivityReport& report, TableWidth width) {
  std::string out;
  for (const SensitivityOf& number : report.numbers) {
    out += fmt::format(
        "{}: 5 - 50 - 95 % of {} samples: {:.3f} - {:.3f} - {:.3f}; as priced: {:.3f}\n\n",
        number.what, report.settings.samples, number.band.p5, number.band.p50, number.band.p95,
        number.nominal);
    TextTable constants{{"constants of, or parameter", "low", "gives", "high", "gives", "swing"}};
    for (const cost::TornadoRow& row : number.constants) {
      constants.add({std::string{row.name}, fmt::format("{}", row.range.low),
                     fmt::format("{:.3f}", row.at_low), fmt::format("{}", row.range.high),
                     fmt::format("{:.3f}", row.at_high), fmt::format("{:.3f}", row.swing())});
    }
    TextTable policies{{"policy, one at a time", "gives", "change"}};
    for (const auto& [name, value] : number.policies) {
      policies.add(
          {name, fmt::format("{:.3f}", value), fmt::format("{:+.3f}", value - number.nominal)});
    }
    out += constants.to_string(width) + '\n' + policies.to_string(width) + '\n';
  }
  for (const std::string& line : report.policy_lines) {
    out += line + '\n';
  }
  return out;
}

std::string to_json(const SensitivityReport& report) {
  Json numbers = Json::array();
  for (const SensitivityOf& number : report.numbers) {
    Json constants = Json::array();
    for (const cost::TornadoRow& row : number.constants) {
      constants.push_back({{row.parameter ? "parameter" : "group", row.name},
                           {row.parameter ? "value" : "factor", {row.range.low, row.range.high}},
                           {"at_low", row.at_low},
                           {"at_high", row.at_high}});
    }
    Json policies = Json::array();
    for (const auto& [name, value] : number.policies) {
      policies.push_back({{"policy", name}, {"value", value}});
    }
    numbers.push_back({{"what", number.what},
                       {"nominal", number.nominal},
                       {"p5", number.band.p5},
                       {"p50", number.band.p50},
                       {"p95", number.band.p95},
                       {"constants", std::move(constants)},
                       {"policies", std::move(policies)}});
  }
  const Json json = {{"schema", "turnpike-sensitivity/1"},
                     {"samples", report.settings.samples},
                     {"seed", report.settings.seed},
                     {"policies", report.policy_lines},
                     {"numbers", std::move(numbers)}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace turnpike::report
