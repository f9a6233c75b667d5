#include "sim/sweep/point_result.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sim/base/action_count.hpp"
#include "sim/base/csv_table.hpp"
#include "sim/base/text.hpp"
#include "sim/report/stored_run.hpp"

namespace turnpike::sweep {
namespace {

using Json = nlohmann::ordered_json;

/// Figures by the names of their components.
std::map<std::string, double> by_name(const std::array<double, kComponents>& figures) {
  std::map<std::string, double> out;
  for (int c = 0; c < kComponents; ++c) {
    out[std::string{to_string(static_cast<Component>(c))}] = figures[static_cast<std::size_t>(c)];
  }
  return out;
}

/// "2" -> 2, "true" -> true, anything else a text.
Json typed(const std::string& text) {
  const Json parsed = Json::parse(text, nullptr, false);
  return parsed.is_discarded() ? Json(text) : parsed;
}

}  // namespace

void read_point(const report::RunDirectory& directory, PointResult& point) {
  const report::StoredResults stored = report::read_results(directory);
  const accelerator::RunResult& result = stored.result;
  point.status = result.checks.all_passed() ? "ok" : "check_failed";
  point.totals_json = stored.figures.totals_json;
  point.network = result.network;
  point.policy = stored.figures.policy;
  point.profile = stored.figures.profile;
  point.weight_bits = result.weight_bits;
  point.activation_bits = result.activation_bits;
  point.highway = result.highway_enabled;
  point.highway_bits = result.highway_bits;
  point.totals = stored.figures.totals;
  point.area_um2 = by_name(stored.figures.area_um2);
  point.energy_pj = by_name(stored.figures.energy_pj);
  point.operations = {{"low_precision_macs", result.operations.low_precision_macs},
                      {"high_precision_adds", result.operations.high_precision_adds},
                      {"nonlinear", result.operations.nonlinear},
                      {"elementwise_multiplies", result.operations.elementwise_multiplies}};
  for (const double energy : stored.figures.energy_pj_highway) {
    point.highway_energy_pj += energy;
  }
  for (const accelerator::LayerResult& layer : result.layers) {
    point.highway_dram_bytes += static_cast<double>(layer.dram_bits.highway / 8);
    point.highway_glb_bytes += static_cast<double>(layer.glb_bits.highway);
  }
}

std::string sweep_csv(const std::vector<PointResult>& points) {
  std::vector<std::string> keys;
  std::vector<std::string> totals;
  for (const PointResult& point : points) {
    for (const auto& [key, value] : point.settings.settings) {
      if (std::find(keys.begin(), keys.end(), key) == keys.end()) {
        keys.push_back(key);
      }
    }
    if (totals.empty()) {
      for (const auto& [key, value] : point.totals) {
        totals.push_back(key);
      }
    }
  }
  std::string out = "id,profile,status";
  for (const std::string& key : keys) {
    out += "," + csv_field(key);
  }
  for (const std::string& key : totals) {
    out += "," + key;
  }
  out += '\n';
  for (const PointResult& point : points) {
    out += fmt::format("{},{},{}", point.settings.id(), csv_field(point.profile), point.status);
    for (const std::string& key : keys) {
      out += "," + csv_field(point.settings.value(key));
    }
    for (const std::string& key : totals) {
      const auto found = point.totals.find(key);
      out += "," + (found == point.totals.end() ? "" : shortest(found->second));
    }
    out += '\n';
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
    entry["totals"] = Json::parse(point.totals_json);
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
