// Copies of Accelergy tables in a run directory: what was priced stays priceable, from anywhere.

#include <filesystem>
#include <utility>

#include "sim/base/files.hpp"
#include "sim/pricing/priced_run.hpp"

namespace turnpike::pricing {
namespace {

constexpr const char* kEnergyTable = "energy_table";
constexpr const char* kAreaTable = "area_table";

std::string place_of(const std::string& key, const std::string& path) {
  return key + "/" + std::filesystem::path{path}.filename().string();
}

}  // namespace

std::map<std::string, std::string> kept_price_tables(const config::AcceleratorConfig& config) {
  const cost::CostPolicy policy = cost_policy(config);
  std::map<std::string, std::string> tables;
  for (const auto& [key, path] :
       {std::pair{kEnergyTable, policy.energy_table}, std::pair{kAreaTable, policy.area_table}}) {
    if (path) {
      require_regular_file(*path);
      tables.emplace(place_of(key, *path), read_input(*path));
    }
  }
  return tables;
}

void use_kept_price_tables(const std::string& directory, config::AcceleratorConfig& config) {
  ConfigNode* const cost = config.resolved.find("cost");
  for (const char* key : {kEnergyTable, kAreaTable}) {
    ConfigNode* const path = cost == nullptr ? nullptr : cost->find(key);
    if (path != nullptr && path->kind == ConfigNode::Kind::scalar) {
      const std::string kept = directory + "/" + place_of(key, path->scalar);
      path->scalar = std::filesystem::exists(kept) ? kept : path->scalar;
    }
  }
  if (cost != nullptr) {
    config.cost = *cost;
  }
}

}  // namespace turnpike::pricing
