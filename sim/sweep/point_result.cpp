#include "sim/sweep/point_result.hpp"

#include <algorithm>
#include <bitset>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sim/base/csv_table.hpp"
#include "sim/base/text.hpp"
#include "sim/results/record_csv.hpp"
#include "sim/results/record_json.hpp"
#include "sim/results/stored_run.hpp"
#include "sim/sweep/twins.hpp"

namespace turnpike::sweep {
namespace {

using Json = nlohmann::ordered_json;

/// "2" -> 2, "true" -> true, anything else a text.
Json typed(const std::string& text) {
  const Json parsed = Json::parse(text, nullptr, false);
  return parsed.is_discarded() ? Json(text) : parsed;
}

/// The totals as cells, in the order of their names.
std::vector<results::CsvCell> totals_cells(const results::Totals& totals) {
  std::vector<results::CsvCell> cells = results::csv_cells(totals);
  std::sort(cells.begin(), cells.end(),
            [](const results::CsvCell& a, const results::CsvCell& b) { return a.name < b.name; });
  return cells;
}

/// Components that some point's machine has.
std::bitset<kComponents> components_of(const std::vector<PointResult>& points) {
  std::bitset<kComponents> components;
  for (const PointResult& point : points) {
    components |= point.energy_pj.of_machine;
  }
  return components;
}

template <class Each>
void for_each_set(const std::bitset<kComponents>& components, const Each& each) {
  for (std::size_t c = 0; c < kComponents; ++c) {
    if (components[c]) {
      each(c);
    }
  }
}

}  // namespace

void read_point(const results::RunDirectory& directory, PointResult& point) {
  const results::ResultsRecord stored = results::read_results(directory);
  const accelerator::RunResult& result = stored.result;
  point.status = result.checks.status();
  point.network = result.network;
  point.policy = stored.figures.policy;
  point.profile = stored.figures.profile;
  point.weight_bits = result.weight_bits;
  point.activation_bits = result.activation_bits;
  point.highway = result.highway_enabled;
  point.highway_bits = result.highway_bits;
  point.totals = stored.figures.totals;
  point.area_um2 = stored.figures.area_um2;
  point.energy_pj = stored.figures.energy_pj;
  point.operations = result.operations;
  for (const double energy : stored.figures.energy_pj_highway) {
    point.highway_energy_pj += energy;
  }
  for (const accelerator::LayerResult& layer : result.layers) {
    point.highway_dram_bytes += static_cast<double>(accelerator::bytes_of(layer.dram_bits.highway));
    point.highway_glb_bytes += static_cast<double>(accelerator::bytes_of(layer.glb_bits.highway));
  }
}

std::string sweep_csv(const std::vector<PointResult>& points) {
  std::vector<std::string> keys;
  for (const PointResult& point : points) {
    for (const auto& [key, value] : point.settings.settings) {
      if (std::find(keys.begin(), keys.end(), key) == keys.end()) {
        keys.push_back(key);
      }
    }
  }
  std::string out = "id,profile,status";
  for (const std::string& key : keys) {
    out += "," + csv_field(key);
  }
  const std::vector<results::CsvCell> none = totals_cells({});
  const bool measured = std::any_of(points.begin(), points.end(), [](const PointResult& point) {
    return point.accuracy.has_value();
  });
  out += measured ? ",top1,top1_standard_error,images" : "";
  std::string names = results::csv_line(none, &results::CsvCell::name);
  names.pop_back();
  out += "," + names + ",highway_energy_uj,added_energy_uj";
  const std::bitset<kComponents> components = components_of(points);
  for_each_set(components, [&out](std::size_t c) {
    out += fmt::format(",energy_uj_{}", to_string(Component{c}));
  });
  out += ",message\n";
  const Twins twins{points};
  for (const PointResult& point : points) {
    out += fmt::format("{},{},{}", point.settings.id(), csv_field(point.profile), point.status);
    for (const std::string& key : keys) {
      out += "," + csv_field(point.settings.value(key));
    }
    if (measured) {
      out += point.accuracy ? fmt::format(",{},{},{}", point.accuracy->top1,
                                          point.accuracy->standard_error, point.accuracy->images)
                            : ",,,";
    }
    if (point.has_results()) {
      std::string totals = results::csv_line(totals_cells(point.totals), &results::CsvCell::text);
      totals.pop_back();
      const PointResult* const twin = twins.of(point);
      out += fmt::format(
          ",{},{},{}", totals, shortest(point.highway_energy_pj * 1e-6),
          twin == nullptr ? "" : shortest(point.totals.energy_uj - twin->totals.energy_uj));
      for_each_set(components, [&](std::size_t c) {
        out += point.energy_pj.of_machine[c] ? "," + shortest(point.energy_pj[c] * 1e-6) : ",";
      });
    } else {
      out += std::string(none.size() + 2 + components.count(), ',');
    }
    out += "," + csv_field(point.message) + '\n';
  }
  return out;
}

std::string sweep_json(const std::vector<PointResult>& points,
                       const std::vector<std::string>& request) {
  Json list = Json::array();
  for (const PointResult& point : points) {
    Json settings = Json::object();
    for (const auto& [key, value] : point.settings.settings) {
      settings[key] = typed(value);
    }
    Json entry = {{"id", point.settings.id()},
                  {"settings", settings},
                  {"profile", point.profile},
                  {"status", point.status}};
    if (!point.message.empty()) {
      entry["message"] = point.message;
    }
    if (point.accuracy) {
      entry["accuracy"] = {{"top1", point.accuracy->top1},
                           {"standard_error", point.accuracy->standard_error},
                           {"images", point.accuracy->images}};
    }
    entry["totals"] = point.has_results() ? results::to_json(point.totals) : Json::object();
    list.push_back(std::move(entry));
  }
  Json json = {{"schema", "turnpike-sweep-results/1"}};
  if (!request.empty()) {
    json["request"] = request;
  }
  json["points"] = std::move(list);
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace turnpike::sweep
