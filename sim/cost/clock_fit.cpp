#include "sim/cost/clock_fit.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <set>

#include <fmt/format.h>

#include "sim/base/csv_table.hpp"

namespace turnpike::cost {
namespace {

bool is_total(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return name == "total";
}

double positive(const CsvTable& table, std::size_t row, const char* column) {
  const double value = table.number(row, column);
  if (!(value > 0.0)) {
    throw FileError{table.spot(row),
                    fmt::format("column '{}' must be above 0, is {}", column, value)};
  }
  return value;
}

void require_clock(double clock) {
  if (!(clock > 0.0)) {
    throw InputError{{"cost.clock", 0, 0}, "charges no clock energy that a factor could scale"};
  }
}

}  // namespace

std::vector<MeasuredLayer> read_measured_power(const std::string& path) {
  const CsvTable table = CsvTable::from_file(path);
  std::vector<MeasuredLayer> layers;
  std::set<std::string> seen;
  for (std::size_t row = 0; row < table.rows(); ++row) {
    const std::string& name = table.text(row, "layer");
    if (is_total(name)) {
      continue;
    }
    if (!seen.insert(name).second) {
      throw FileError{table.spot(row), fmt::format("layer '{}' is given twice", name)};
    }
    MeasuredLayer layer{name, Milliwatts{positive(table, row, "power_mW")},
                        positive(table, row, "total_latency_ms"), 0.0, table.spot(row)};
    if (table.has_column("macs_exact_M")) {
      layer.macs_millions = positive(table, row, "macs_exact_M");
    }
    layers.push_back(std::move(layer));
  }
  if (layers.empty()) {
    throw FileError{{path, 0, 0}, "has no layers; needs columns layer, power_mW, total_latency_ms"};
  }
  return layers;
}

double energy_factor(const std::vector<ModelledLayer>& layers) {
  double wanted = 0.0;
  double clock = 0.0;
  for (const ModelledLayer& layer : layers) {
    const double ms = layer.measured.total_ms;
    wanted += (layer.measured.power - layer.accesses - layer.leakage).count() * ms;
    clock += layer.clock_at_one().count() * ms;
  }
  require_clock(clock);
  return wanted / clock;
}

double stalled_share(const std::vector<ModelledLayer>& layers) {
  double stalled = 0.0;
  double all = 0.0;
  for (const ModelledLayer& layer : layers) {
    stalled += layer.clock.stalled.count() * layer.measured.total_ms;
    all += layer.clock.with(1.0).count() * layer.measured.total_ms;
  }
  require_clock(all);
  return stalled / all;
}

double least_squares_factor(const std::vector<ModelledLayer>& layers) {
  double product = 0.0;
  double square = 0.0;
  for (const ModelledLayer& layer : layers) {
    const double clock = layer.clock_at_one().count();
    product += (layer.measured.power - layer.accesses - layer.leakage).count() * clock;
    square += clock * clock;
  }
  require_clock(square);
  return product / square;
}

double error_percent(const ModelledLayer& layer, double factor) {
  return 100.0 * (layer.with(factor) / layer.measured.power - 1.0);
}

FitErrors errors_at(const std::vector<ModelledLayer>& layers, double factor) {
  FitErrors errors;
  for (const ModelledLayer& layer : layers) {
    const double error = std::fabs(error_percent(layer, factor));
    errors.mean += error / static_cast<double>(layers.size());
    errors.worst = std::max(errors.worst, error);
  }
  return errors;
}

}  // namespace turnpike::cost
