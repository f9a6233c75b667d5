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
  Picojoules clock;     ///< per cycle: the flip-flops
  Picojoules standing;  ///< per cycle: leakage and other background
  Picojoules events;    ///< everything else
};

std::vector<LayerEnergy> split(const cost::EnergyTable& table) {
  std::vector<LayerEnergy> layers(table.layers.size());
  for (const cost::EnergyRow& row : table.rows) {
    LayerEnergy& layer = layers[row.layer];
    if (row.key.component == Component::clock) {
      layer.clock += row.energy;
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

}  // namespace

ClockCalibration calibrate_clock(const pricing::PricedRun& run,
                                 const std::vector<MeasuredLayer>& measured,
                                 const std::string& config_root) {
  const cost::CostPolicy policy = pricing::cost_policy(run.config);
  if (policy.clock == cost::ClockRule::none) {
    throw InputError{{"cost.clock", 0, 0}, "is 'none': there is no clock factor to calibrate"};
  }
  const auto pins_inside = priced_with(
      run, {"cost.clock=none", "cost.access_clock=true", "cost.leakage=false"}, config_root);
  const auto active =
      priced_with(run, {"cost.clock_factor=1.0", "cost.idle_pe_clock=0.0"}, config_root);
  const auto all = priced_with(run, {"cost.clock_factor=1.0"}, config_root);
  ClockCalibration calibration;
  for (const MeasuredLayer& layer : measured) {
    const std::size_t i = layer_index(run, layer);
    const double simulated_ms =
        static_cast<double>(run.result.layers[i].cycles.total()) / (run.config.clock_mhz * 1e3);
    calibration.layers.push_back(
        {layer, over(pins_inside[i].events, layer.total_ms), over(all[i].events, layer.total_ms),
         over(all[i].standing, simulated_ms), over(active[i].clock, simulated_ms),
         over(all[i].clock, simulated_ms)});
  }
  calibration.factor = cost::energy_factor(calibration.layers);
  calibration.least_squares = cost::least_squares_factor(calibration.layers);
  calibration.stored = policy.clock_factor;
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

}  // namespace

std::string to_text(const ClockCalibration& calibration, TableWidth width) {
  const std::vector<PowerColumn> columns = {
      {"measured", [](const ModelledLayer& l) { return l.measured.power; }},
      {"access only", [](const ModelledLayer& l) { return l.access_only; }},
      {"all clocked", [](const ModelledLayer& l) { return l.ungated(); }},
      {"accesses", [](const ModelledLayer& l) { return l.accesses; }},
      {"leakage", [](const ModelledLayer& l) { return l.leakage; }},
      {"clock x 1", [](const ModelledLayer& l) { return l.clock_all; }}};
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
         fit_line(calibration, "the profile's cost.clock_factor", calibration.stored) +
         calibration.policy + '\n';
}

std::string to_json(const ClockCalibration& calibration) {
  Json layers = Json::array();
  for (const ModelledLayer& layer : calibration.layers) {
    layers.push_back(
        {{"name", layer.measured.layer},
         {"total_ms", layer.measured.total_ms},
         {"measured_mw", layer.measured.power.count()},
         {"access_only_mw", layer.access_only.count()},
         {"all_clocked_mw", layer.ungated().count()},
         {"accesses_mw", layer.accesses.count()},
         {"leakage_mw", layer.leakage.count()},
         {"clock_mw", layer.clock_all.count()},
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
  const Json json = {{"schema", "turnpike-calibration/1"},
                     {"equal_energy", fit(calibration.factor)},
                     {"least_squares", fit(calibration.least_squares)},
                     {"profile", fit(calibration.stored)},
                     {"policy", calibration.policy},
                     {"layers", std::move(layers)}};
  return json.dump(2) + '\n';
}

}  // namespace turnpike::report
