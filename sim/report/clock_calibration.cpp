#include "sim/report/clock_calibration.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sim/base/text.hpp"
#include "sim/pricing/repricing.hpp"

namespace turnpike::report {
namespace {

using Json = nlohmann::ordered_json;
using cost::MeasuredLayer;
using cost::ModelledLayer;

/// Energy of a layer, split by what it goes with.
struct LayerEnergy {
  Picojoules clock;      ///< per cycle: the flip-flops
  cost::ClockRows rows;  ///< of these, by what is clocked
  Picojoules standing;   ///< per cycle: leakage and other background
  Picojoules events;     ///< everything else
};

std::vector<LayerEnergy> split(const cost::EnergyTable& table) {
  std::vector<LayerEnergy> layers(table.layers.size());
  for (const cost::EnergyRow& row : table.rows) {
    LayerEnergy& layer = layers[row.layer];
    if (row.key.component == Component::clock) {
      layer.clock += row.energy;
      layer.rows.add(row.key, row.count, row.energy);
    } else if (row.key.action == Action::background) {
      layer.standing += row.energy;
    } else {
      layer.events += row.energy;
    }
  }
  return layers;
}

std::vector<LayerEnergy> priced_with(const pricing::PricedRun& run,
                                     std::vector<std::string> settings,
                                     const std::string& config_root) {
  const auto config =
      pricing::repriced_config(run.config, {{}, {}, std::move(settings)}, config_root);
  return split(pricing::price_run(config, run.result, config_root).energy);
}

Milliwatts over(Picojoules energy, double ms) {
  return Milliwatts{energy.count() * 1e-6 / ms};  // 1 pJ / ms = 1 nW
}

std::size_t layer_index(const pricing::PricedRun& run, const MeasuredLayer& measured) {
  std::vector<std::string> names;
  for (const accelerator::LayerResult& layer : run.result.layers) {
    if (layer.name == measured.layer) {
      break;
    }
    names.push_back(layer.name);
  }
  if (names.size() == run.result.layers.size()) {
    throw InputError{measured.spot, fmt::format("the run has no layer '{}'{}", measured.layer,
                                                suggestion(measured.layer, names))};
  }
  const double macs = static_cast<double>(run.result.layers[names.size()].macs) * 1e-6;
  if (measured.macs_millions > 0.0 && std::fabs(macs / measured.macs_millions - 1.0) > 1e-3) {
    throw InputError{measured.spot,
                     fmt::format("layer '{}' was measured with {} million MACs, the network's has "
                                 "{:.3f}: another shape or batch",
                                 measured.layer, measured.macs_millions, macs)};
  }
  return names.size();
}

/// Clock power at factor 1 and stalled_pe_clock 1 for a measured time: MAC slots happen whenever
/// they do, everything else goes with time, and a mapped PE is stalled when it has no MAC.
cost::ModelledClock modelled_clock(const cost::ClockRows& rows, double simulated_ms, double ms) {
  const cost::ClockByItem clock = rows.by_item();
  const Milliwatts busy = over(clock.active, ms);
  const Milliwatts mapped = over(clock.active + clock.stalled, simulated_ms);
  return {.busy = busy,
          .stalled = Milliwatts{std::max(0.0, (mapped - busy).count())},
          .idle = over(clock.gated, simulated_ms),
          .networks = over(clock.networks, simulated_ms),
          .buffers = over(clock.buffers, simulated_ms)};
}

}  // namespace

ClockCalibration calibrate_clock(const pricing::PricedRun& run,
                                 const std::vector<MeasuredLayer>& measured,
                                 const std::string& config_root) {
  const cost::CostPolicy policy = pricing::cost_policy(run.config);
  if (policy.clock == cost::ClockRule::none) {
    throw InputError{{"cost.clock", 0, 0}, "is 'none': there is no clock factor to calibrate"};
  }
  const bool share = policy.clock == cost::ClockRule::share;
  const auto pins_inside = priced_with(
      run, {"cost.clock=none", "cost.access_clock=true", "cost.leakage=false"}, config_root);
  const auto ungated = priced_with(run,
                                   {"cost.clock=flip_flops", "cost.access_clock=false",
                                    "cost.clock_factor=1.0", "cost.idle_pe_clock=0.0"},
                                   config_root);
  std::vector<std::string> at_one{"cost.clock_factor=1.0"};
  if (share) {
    at_one.insert(at_one.end(), {"cost.stalled_pe_clock=1.0", "cost.fit_stalled_share=0.0"});
  }
  const auto all = priced_with(run, at_one, config_root);
  ClockCalibration calibration;
  for (const MeasuredLayer& layer : measured) {
    const std::size_t i = layer_index(run, layer);
    const double simulated_ms =
        static_cast<double>(run.result.layers[i].cycles.total()) / (run.config.clock_mhz * 1e3);
    const double ms = layer.total_ms;
    calibration.layers.push_back(
        {.measured = layer,
         .access_only = over(pins_inside[i].events, ms),
         .ungated = over(ungated[i].events, ms) +
                    over(ungated[i].standing + ungated[i].clock, simulated_ms),
         .accesses = over(all[i].events, ms),
         .leakage = over(all[i].standing, simulated_ms),
         .clock = modelled_clock(all[i].rows, simulated_ms, ms),
         .stalled_pe_clock = share ? policy.stalled_pe_clock : 1.0});
  }
  calibration.factor = cost::energy_factor(calibration.layers);
  calibration.stalled_share = cost::stalled_share(calibration.layers);
  calibration.factor_at_one =
      calibration.factor *
      (1.0 - calibration.stalled_share * (1.0 - calibration.layers.front().stalled_pe_clock));
  calibration.least_squares = cost::least_squares_factor(calibration.layers);
  calibration.stored =
      share ? cost::fitted_factor(policy, policy.stalled_pe_clock) : policy.clock_factor;
  calibration.parameters = share;
  calibration.stalled_pe_clock = calibration.layers.front().stalled_pe_clock;
  calibration.split = power_split(run.energy);
  calibration.policy = run.policy;
  return calibration;
}

namespace {

/// A column of the table and its mean over the measured time.
struct PowerColumn {
  const char* title;
  Milliwatts (*of)(const ModelledLayer&);
};

Milliwatts mean_power(const ClockCalibration& calibration, const PowerColumn& column) {
  double energy = 0.0;
  double time = 0.0;
  for (const ModelledLayer& layer : calibration.layers) {
    energy += column.of(layer).count() * layer.measured.total_ms;
    time += layer.measured.total_ms;
  }
  return Milliwatts{energy / time};
}

std::string fit_line(const ClockCalibration& calibration, const char* name, double factor) {
  const cost::FitErrors errors = cost::errors_at(calibration.layers, factor);
  return fmt::format("{} {:.4f}: mean error {:.1f} %, worst {:.1f} %\n", name, factor, errors.mean,
                     errors.worst);
}

std::string parameters_text(const ClockCalibration& calibration) {
  return calibration.parameters
             ? fmt::format(
                   "the profile needs cost.clock_factor: {:.4f}, "
                   "cost.fit_stalled_share: {:.4f} (any stalled_pe_clock; here {})\n",
                   calibration.factor_at_one, calibration.stalled_share,
                   calibration.stalled_pe_clock)
             : fmt::format("the profile needs cost.clock_factor: {:.4f}\n", calibration.factor);
}

std::string split_text(const PowerSplit& split) {
  return fmt::format(
      "power of this run: PE array {:.1f} %, networks {:.1f} %, buffers {:.1f} %, other {:.1f} %\n",
      split.percent(split.array), split.percent(split.networks), split.percent(split.buffers),
      split.percent(split.other));
}

}  // namespace

std::string to_text(const ClockCalibration& calibration, TableWidth width) {
  const std::vector<PowerColumn> columns = {
      {"measured", [](const ModelledLayer& l) { return l.measured.power; }},
      {"access only", [](const ModelledLayer& l) { return l.access_only; }},
      {"all clocked", [](const ModelledLayer& l) { return l.ungated; }},
      {"accesses", [](const ModelledLayer& l) { return l.accesses; }},
      {"leakage", [](const ModelledLayer& l) { return l.leakage; }},
      {"clock x 1", [](const ModelledLayer& l) { return l.clock_at_one(); }}};
  std::vector<std::string> header{"mW over total latency", "ms"};
  for (const PowerColumn& column : columns) {
    header.emplace_back(column.title);
  }
  header.insert(header.end(), {"one factor", "error %"});
  TextTable table{header};
  double time = 0.0;
  for (const ModelledLayer& layer : calibration.layers) {
    time += layer.measured.total_ms;
    std::vector<std::string> row{layer.measured.layer,
                                 fmt::format("{:.1f}", layer.measured.total_ms)};
    for (const PowerColumn& column : columns) {
      row.push_back(fmt::format("{:.1f}", column.of(layer).count()));
    }
    row.push_back(fmt::format("{:.1f}", layer.with(calibration.factor).count()));
    row.push_back(fmt::format("{:+.1f}", cost::error_percent(layer, calibration.factor)));
    table.add(row);
  }
  std::vector<std::string> total{"total", fmt::format("{:.1f}", time)};
  for (const PowerColumn& column : columns) {
    total.push_back(fmt::format("{:.1f}", mean_power(calibration, column).count()));
  }
  total.push_back(total[2]);  // the estimator makes them equal
  total.emplace_back("+0.0");
  table.add(total);
  return table.to_string(width) + '\n' +
         fit_line(calibration, "clock factor (equal total energy)", calibration.factor) +
         fit_line(calibration, "least squares of the layers' mW", calibration.least_squares) +
         fit_line(calibration, "the profile's factor", calibration.stored) +
         parameters_text(calibration) + split_text(calibration.split) + calibration.policy + '\n';
}

std::string to_json(const ClockCalibration& calibration) {
  Json layers = Json::array();
  for (const ModelledLayer& layer : calibration.layers) {
    layers.push_back(
        {{"name", layer.measured.layer},
         {"total_ms", layer.measured.total_ms},
         {"measured_mw", layer.measured.power.count()},
         {"access_only_mw", layer.access_only.count()},
         {"all_clocked_mw", layer.ungated.count()},
         {"accesses_mw", layer.accesses.count()},
         {"leakage_mw", layer.leakage.count()},
         {"clock_mw", layer.clock_at_one().count()},
         {"fitted_mw", layer.with(calibration.factor).count()},
         {"error_percent", cost::error_percent(layer, calibration.factor)},
         {"error_percent_at_profile", cost::error_percent(layer, calibration.stored)}});
  }
  const auto fit = [&calibration](double factor) {
    const cost::FitErrors errors = cost::errors_at(calibration.layers, factor);
    return Json{{"factor", factor},
                {"mean_error_percent", errors.mean},
                {"worst_error_percent", errors.worst}};
  };
  const PowerSplit& split = calibration.split;
  const Json json = {{"schema", "turnpike-calibration/1"},
                     {"equal_energy", fit(calibration.factor)},
                     {"least_squares", fit(calibration.least_squares)},
                     {"profile", fit(calibration.stored)},
                     {"needed",
                      {{"clock_factor", calibration.factor_at_one},
                       {"fit_stalled_share",
                        calibration.parameters ? Json(calibration.stalled_share) : Json(nullptr)}}},
                     {"power_percent",
                      {{"array", split.percent(split.array)},
                       {"networks", split.percent(split.networks)},
                       {"buffers", split.percent(split.buffers)},
                       {"other", split.percent(split.other)}}},
                     {"policy", calibration.policy},
                     {"layers", std::move(layers)}};
  return json.dump(2) + '\n';
}

}  // namespace turnpike::report
