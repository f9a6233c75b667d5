#include "sim/results/result_files.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sim/base/printable.hpp"
#include "sim/results/record_csv.hpp"
#include "sim/results/record_json.hpp"
#include "sim/results/results_of.hpp"

namespace turnpike::results {
namespace {

template <std::integral Value>
std::string stats_value(Value value) {
  return fmt::format("{}", value);
}
std::string stats_value(double value) {
  return fmt::format("{:.6g}", value);
}
template <class Value>
std::string stats_value(const std::optional<Value>& value) {
  return value ? stats_value(*value) : "-";
}

}  // namespace

std::string results_json(const pricing::PricedRun& run) {
  return to_json(results_of(run)).dump(2) + "\n";
}

std::string layers_csv(const pricing::PricedRun& run) {
  const std::vector<PricedLayer> layers = results_of(run).layers();
  std::string out = csv_header(layers.empty() ? PricedLayer{} : layers.front());
  for (const PricedLayer& layer : layers) {
    out += csv_row(layer);
  }
  return out;
}

std::string stats_text(const pricing::PricedRun& run) {
  const Totals totals = totals_of(run);
  std::string out;
  for_each_field<Totals>([&](const auto& field) {
    out += fmt::format("{:<28} {:>18} {:<7} # {}\n", short_name(field.label),
                       stats_value(fetch(field.place, totals)), field.label.unit, field.label.text);
  });
  return out + "policy: " + printable(run.policy) + "\n";
}

}  // namespace turnpike::results
