#include "sim/sweep/point_result.hpp"

#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sim/base/csv_table.hpp"
#include "sim/base/error.hpp"
#include "sim/base/text.hpp"

namespace turnpike::sweep {
namespace {

using Json = nlohmann::ordered_json;

Json read_json(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  if (!in) {
    throw FileError{{path, 0, 0}, "cannot be opened"};
  }
  try {
    return Json::parse(in);
  } catch (const Json::exception& e) {
    throw FileError{{path, 0, 0}, e.what()};
  }
}

template <class Value>
std::map<std::string, Value> numbers(const Json& object) {
  std::map<std::string, Value> out;
  for (const auto& [key, value] : object.items()) {
    out[key] = value.template get<Value>();
  }
  return out;
}

/// "2" -> 2, "true" -> true, anything else a text.
Json typed(const std::string& text) {
  const Json parsed = Json::parse(text, nullptr, false);
  return parsed.is_discarded() ? Json(text) : parsed;
}

}  // namespace

void read_point(const std::string& directory, PointResult& point) {
  const std::string path = directory + "/results.json";
  const Json json = read_json(path);
  try {
    point.totals_json = json.at("totals").dump();
    point.network = json.at("network");
    point.policy = json.at("policy");
    point.profile = json.at("profile");
    point.weight_bits = json.at("precision").at("weight");
    point.activation_bits = json.at("precision").at("activation");
    point.highway = json.at("highway").at("enabled");
    point.highway_bits = json.at("highway").at("bits");
    point.totals = numbers<double>(json.at("totals"));
    point.area_um2 = numbers<double>(json.at("area_um2"));
    point.energy_pj = numbers<double>(json.at("energy_pj"));
    point.operations = numbers<std::uint64_t>(json.at("operations"));
    for (const auto& [component, energy] : json.at("energy_pj_highway").items()) {
      point.highway_energy_pj += energy.get<double>();
    }
    for (const Json& layer : json.at("layers")) {
      point.highway_dram_bytes += layer.at("dram_bytes").at("highway").get<double>();
      point.highway_glb_bytes += layer.at("glb_bytes").at("highway").get<double>();
    }
  } catch (const Json::exception& e) {
    throw FileError{{path, 0, 0},
                    fmt::format("is not a results file of this version: {}", e.what())};
  }
}

std::string finished_digest(const std::string& directory) {
  const std::string path = directory + "/run.json";
  if (!std::filesystem::exists(path)) {
    return "";
  }
  try {
    const Json json = read_json(path);
    return json.at("digests").value("inputs", "");
  } catch (const std::exception&) {
    return "";  // damaged: run it again
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

std::string sweep_json(const std::vector<PointResult>& points) {
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
  const Json json = {{"schema", "turnpike-sweep-results/1"}, {"points", list}};
  return json.dump(2) + "\n";
}

}  // namespace turnpike::sweep
