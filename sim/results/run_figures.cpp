#include "sim/results/run_figures.hpp"

#include <algorithm>

#include "sim/base/error.hpp"

namespace turnpike::results {

std::vector<PricedLayer> ResultsRecord::layers() const {
  std::vector<PricedLayer> out;
  for (std::size_t i = 0; i < result.layers.size(); ++i) {
    out.push_back({result.layers[i], figures.layer_energy_pj.at(i)});
  }
  return out;
}

void LayersPlace::store(ResultsRecord& record, const std::vector<PricedLayer>& layers) const {
  for (const PricedLayer& layer : layers) {
    record.result.layers.push_back(layer);
    record.figures.layer_energy_pj.push_back(layer.energy_pj);
  }
}

std::optional<double> figure_of(const Totals& totals, std::string_view key) {
  std::optional<double> out;
  for_each_field<Totals>([&](const auto& field) {
    if (field.label.name == key && !field.options.elsewhere) {
      const std::optional value = totals.*field.place;
      if (value) {
        out = static_cast<double>(*value);
      }
    }
  });
  return out;
}

void set_figure(Totals& totals, std::string_view key, double value) {
  bool known = false;
  for_each_field<Totals>([&](const auto& field) {
    if (field.label.name == key) {
      using Value = typename decltype(std::optional{totals.*field.place})::value_type;
      totals.*field.place = static_cast<Value>(value);
      known = true;
    }
  });
  ensure(known, "total " + std::string{key});
}

std::vector<TotalLabel> totals_by_interest() {
  std::vector<TotalLabel> out;
  for_each_field<Totals>([&out](const auto& field) {
    if (!field.options.elsewhere) {
      out.push_back({field.label, field.options});
    }
  });
  const auto rank = [](const TotalLabel& total) {
    return total.label.name == "energy_uj"                       ? 0
           : total.label.name == "area_mm2"                      ? 1
           : is_measured(total.label) && total.label.unit != "B" ? 2
                                                                 : 3;
  };
  std::stable_sort(out.begin(), out.end(),
                   [&rank](const TotalLabel& a, const TotalLabel& b) { return rank(a) < rank(b); });
  return out;
}

}  // namespace turnpike::results
