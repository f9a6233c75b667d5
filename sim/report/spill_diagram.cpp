#include "sim/report/spill_diagram.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace turnpike::report {
namespace {

using Json = nlohmann::ordered_json;
using accelerator::Plan;
using accelerator::StoredTensor;

/// Stages that read a tensor after the one that writes it.
std::int64_t reading_stages(const traces::Trace& trace, const Plan& plan,
                            const StoredTensor& tensor) {
  const auto readers = trace.consumers(tensor.name);
  std::int64_t stages = 0;
  for (std::size_t s = 0; s < plan.stages.size(); ++s) {
    const auto& layers = plan.stages[s].layers;
    const bool reads = std::any_of(layers.begin(), layers.end(), [&readers](std::size_t layer) {
      return std::find(readers.begin(), readers.end(), layer) != readers.end();
    });
    stages += reads && static_cast<std::int64_t>(s) > tensor.first_stage ? 1 : 0;
  }
  return stages;
}

std::string diagram(const std::vector<SpillPoint>& points, const char* title,
                    double SpillPoint::*value, TableWidth width) {
  std::set<int> rows;
  std::set<int> columns;
  for (const SpillPoint& point : points) {
    rows.insert(point.bits);
    columns.insert(point.highway_bits);
  }
  std::vector<std::string> header{title};
  for (const int h : columns) {
    header.push_back(fmt::format("h = {}", h));
  }
  TextTable table{header};
  for (const int k : rows) {
    std::vector<std::string> row{fmt::format("{} bit", k)};
    for (const int h : columns) {
      const auto at = std::find_if(points.begin(), points.end(), [&](const SpillPoint& point) {
        return point.bits == k && point.highway_bits == h;
      });
      row.push_back(at == points.end() || h <= k ? "" : fmt::format("{:.2f}", *at.*value));
    }
    table.add(row);
  }
  return table.to_string(width);
}

}  // namespace

SpillPoint spill_of(const traces::Trace& trace, const config::AcceleratorConfig& config,
                    const Plan& plan) {
  SpillPoint point{config.precision.activation, config.highway.bits, 0.0, 0.0};
  for (const auto& [name, tensor] : plan.tensors) {
    const auto last = static_cast<std::int64_t>(plan.stages.size());
    if (!tensor.highway || tensor.first_stage < 0 || tensor.last_stage >= last) {
      continue;  // what is not the highway's, or enters or leaves the chip anyway
    }
    const std::int64_t bits = tensor.values * tensor.bits;
    const double traffic =
        static_cast<double>(bits * (1 + reading_stages(trace, plan, tensor))) * 1e-6;
    point.planned += tensor.in_glb ? 0.0 : traffic;
    const std::int64_t beside = 2 * tensor.values * config.precision.activation;
    const std::int64_t held = tensor.lines * config.line_bits();
    point.by_rule += held <= config.glb_bits() - beside ? 0.0 : traffic;
  }
  return point;
}

std::string to_text(const std::vector<SpillPoint>& points, TableWidth width) {
  return diagram(points, "highway in DRAM, Mbit", &SpillPoint::planned, width) + '\n' +
         diagram(points, "by h E <= G - 2 k E", &SpillPoint::by_rule, width);
}

std::string to_json(const std::vector<SpillPoint>& points, const std::string& network) {
  Json list = Json::array();
  for (const SpillPoint& point : points) {
    list.push_back({{"bits", point.bits},
                    {"highway_bits", point.highway_bits},
                    {"planned_mbit", point.planned},
                    {"by_rule_mbit", point.by_rule}});
  }
  const Json json = {
      {"schema", "turnpike-spill/1"}, {"network", network}, {"points", std::move(list)}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace turnpike::report
