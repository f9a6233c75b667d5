#include "sim/report/page_shown.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sim/report/component_groups.hpp"
#include "sim/results/run_figures.hpp"

namespace turnpike::report {
namespace {

using Json = nlohmann::ordered_json;

Json column_json(const std::string& key, const Label& label, const FieldOptions& options) {
  return {{"key", key},
          {"title", options.page.title},
          {"unit", label.unit},
          {"text", label.text},
          {"scale", options.page.scale},
          {"places", options.page.places},
          {"none_at_zero", options.none_at_zero}};
}

/// The columns of the table of runs; the range of the energy stands behind it. `accuracy`: there is
/// one to show.
Json run_columns(bool accuracy) {
  Json out = Json::array();
  if (accuracy) {
    out.push_back(column_json(
        "accuracy.top1", {"top1", "%", "share of images of which the largest output is the label"},
        {.page = {"top-1 %", 100.0, 1}}));
  }
  for (const auto& [label, options] : results::totals_by_interest()) {
    if (!options.page.title.empty()) {
      out.push_back(column_json(fmt::format("totals.{}", label.name), label, options));
    }
    if (label.name == "energy_uj") {
      out.push_back(column_json("energy_uj_band",
                                {"energy_uj_band", label.unit, "range of the energy"},
                                {.page = {"5 to 95 %"}}));
    }
  }
  return out;
}

/// The columns of the table of layers: what names a layer, then its figures.
Json layer_columns() {
  Json out = Json::array();
  for (const bool first : {true, false}) {
    for_each_field<results::PricedLayer>([&](const auto& field) {
      if (!field.options.page.title.empty() && (field.options.column == Column::first) == first) {
        out.push_back(column_json(std::string{field.label.name}, field.label, field.options));
      }
    });
  }
  return out;
}

/// What the bars of each chart of layers are made of; a part that is taken out of another stands
/// behind that one.
Json layer_bars() {
  std::map<std::string, std::vector<Json>> charts;
  for_each_field<results::PricedLayer>([&charts](const auto& field) {
    const InBars& bar = field.options.bar;
    if (bar.chart.empty()) {
      return;
    }
    std::vector<Json>& parts = charts[std::string{bar.chart}];
    const auto whole = std::find_if(parts.begin(), parts.end(),
                                    [&bar](const Json& part) { return part["key"] == bar.of; });
    const Json part = {{"key", field.label.name},
                       {"name", bar.name},
                       {"like", bar.like},
                       {"of", bar.of},
                       {"scale", bar.chart == "cycles" ? 1e-3 : field.options.page.scale}};
    parts.insert(whole == parts.end() ? whole : std::next(whole), part);
  });
  return charts;
}

/// The totals of which the page tells what a highway changes.
Json change_columns() {
  Json out = Json::array();
  for (const auto& [label, options] : results::totals_by_interest()) {
    if (label.name == "energy_uj" || label.name == "area_mm2" || label.name == "cycles") {
      out.push_back({{"key", label.name}, {"name", short_name(label, options)}});
    }
  }
  return out;
}

}  // namespace

Json groups_json() {
  Json out = Json::array();
  for (const ComponentGroup& group : component_groups()) {
    Json components = Json::array();
    for (const Component component : group.components) {
      components.push_back(to_string(component));
    }
    out.push_back({{"name", group.name},
                   {"components", components},
                   {"colour", group.colour},
                   {"pattern", group.pattern},
                   {"word", group.word},
                   {"of_time", group.of_time}});
  }
  return out;
}

Json shown_json(bool accuracy) {
  return {{"runs", run_columns(accuracy)},
          {"layers", layer_columns()},
          {"changes", change_columns()},
          {"bars", layer_bars()}};
}

}  // namespace turnpike::report
