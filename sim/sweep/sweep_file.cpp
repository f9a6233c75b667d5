#include "sim/sweep/sweep_file.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "sim/base/config_map.hpp"
#include "sim/base/digest.hpp"
#include "sim/sweep/point_space.hpp"

namespace turnpike::sweep {
namespace {

namespace fs = std::filesystem;

PointSettings one_point(const ConfigNode& node, const char* key) {
  if (node.kind != ConfigNode::Kind::mapping || node.entries.empty()) {
    throw InputError{node.spot, fmt::format("each entry of '{}' must be a mapping of keys", key)};
  }
  PointSettings point;
  for (const auto& [name, value] : node.entries) {
    point.settings.emplace_back(name, value.flow_text());
  }
  return point;
}

bool matches(const PointSettings& point, const PointSettings& pattern) {
  return std::all_of(pattern.settings.begin(), pattern.settings.end(), [&](const auto& setting) {
    return point.value(setting.first) == setting.second;
  });
}

/// The entries of `exclude` or `include`, each a point's keys.
std::vector<std::pair<SourceSpot, PointSettings>> point_list(ConfigMap& map, const char* key) {
  std::vector<std::pair<SourceSpot, PointSettings>> points;
  const ConfigNode* list = map.opt_node(key);
  if (list == nullptr) {
    return points;
  }
  if (list->kind != ConfigNode::Kind::sequence) {
    map.fail(key, fmt::format("'{0}' must be a list of mappings, '{0}: [{{precision: 2}}]'", key));
  }
  for (const ConfigNode& item : list->items) {
    points.emplace_back(item.spot, one_point(item, key));
  }
  return points;
}

/// A machine without highway has no highway's width, storage or edges: points of the matrix that
/// differ in these alone are one.
void fold_without_highway(std::vector<PointSettings>& points) {
  std::set<std::string> seen;
  std::vector<PointSettings> kept;
  for (PointSettings& point : points) {
    if (point.value("highway.enabled") == "false") {
      std::erase_if(point.settings, [](const auto& setting) {
        return setting.first == "highway.bits" || setting.first == "highway.storage" ||
               setting.first == "highway.edges";
      });
      if (!seen.insert(point.text()).second) {
        continue;
      }
    }
    kept.push_back(std::move(point));
  }
  points = std::move(kept);
}

/// Every combination of the matrix, or a sample of them.
std::vector<PointSettings> matrix_points(ConfigMap& map) {
  const ConfigNode* const matrix = map.opt_node("matrix");
  const ConfigNode* const sample = map.opt_node("sample");
  if (matrix == nullptr) {
    if (sample != nullptr) {
      throw InputError{sample->spot, "'sample' goes with a 'matrix' to draw from"};
    }
    return {};
  }
  const std::vector<Axis> axes = read_axes(*matrix, "matrix");
  return sample == nullptr ? all_points(axes, matrix->spot) : sampled_points(axes, *sample);
}

std::vector<double> numbers(ConfigMap& map, const char* key) {
  std::vector<double> values;
  if (const ConfigNode* node = map.opt_node(key)) {
    if (node->kind != ConfigNode::Kind::sequence) {
      return {parse_double(*node, key, -1e9, 1e9)};
    }
    for (const ConfigNode& item : node->items) {
      values.push_back(parse_double(item, key, -1e9, 1e9));
    }
  }
  return values;
}

/// The name of a file, or a mapping.
AccuracyRequest read_data(const ConfigNode& node) {
  AccuracyRequest data;
  if (node.kind != ConfigNode::Kind::mapping) {
    data.file = node.flow_text();
    return data;
  }
  constexpr long kMost = 1L << 31;
  ConfigMap map{node, "data"};
  data.file = map.get_string("file");
  data.mean = numbers(map, "mean");
  data.deviation = numbers(map, "std");
  if (data.mean.empty() != data.deviation.empty()) {
    map.fail(data.mean.empty() ? "std" : "mean", "goes with the other of 'mean' and 'std'");
  }
  data.images = map.opt_int("images", 1, kMost).value_or(0);
  data.calibration = map.opt_string("calibration").value_or("");
  data.calibration_images =
      map.opt_int("calibration_images", 1, 1L << 20).value_or(data.calibration_images);
  data.repair = map.opt_choice("repair", {"none", "bn", "bias"}).value_or("none");
  map.finish();
  return data;
}

SweepFile read(ConfigMap map, const std::string& path) {
  SweepFile sweep;
  sweep.path = path;
  static_cast<void>(map.get_choice("schema", {"turnpike-sweep/1"}));
  sweep.accelerator = map.get_string("accelerator");
  sweep.network = map.get_string("network");
  sweep.weights = map.opt_string("weights").value_or("");
  if (const ConfigNode* data = map.opt_node("data")) {
    sweep.data = read_data(*data);
  }
  static_cast<void>(map.opt_string("name"));
  sweep.points = matrix_points(map);
  for (const auto& [spot, pattern] : point_list(map, "exclude")) {
    if (std::erase_if(sweep.points, [&p = pattern](const PointSettings& point) {
          return matches(point, p);
        }) == 0) {
      throw InputError{spot, fmt::format("excludes no point ({})", pattern.text())};
    }
  }
  fold_without_highway(sweep.points);
  if (const ConfigNode* vary = map.opt_node("vary")) {
    add_varied(*vary, sweep.points);
  }
  keep_where(map.opt_node("where"), sweep.points);
  for (auto& [spot, point] : point_list(map, "include")) {
    sweep.points.push_back(std::move(point));
  }
  map.finish();
  std::set<std::string> seen;
  for (const PointSettings& point : sweep.points) {
    if (!seen.insert(point.id()).second) {
      throw InputError{{path, 0, 0}, fmt::format("the point {} is given twice", point.text())};
    }
  }
  if (sweep.points.empty()) {
    throw InputError{{path, 0, 0}, "has no points: give 'matrix' or 'include'"};
  }
  return sweep;
}

/// A path as written, beside the sweep file, or below the folder that holds the sweeps' folder
/// (configs/sweeps/x.yaml names configs/accelerators/y.yaml as the user would type it).
std::string found(const std::string& name, const std::string& sweep_path) {
  const fs::path folder = fs::absolute(sweep_path).parent_path();
  for (const fs::path& base : {fs::path{}, folder, folder / "..", folder / "../.."}) {
    std::error_code ignored;
    const fs::path candidate = base.empty() ? fs::path{name} : base / name;
    if (fs::exists(candidate, ignored)) {
      return candidate.lexically_normal().string();
    }
  }
  return name;
}

}  // namespace

std::string PointSettings::text() const {
  std::string out;
  for (const auto& [key, value] : settings) {
    out += fmt::format("{}{}={}", out.empty() ? "" : " ", key, value);
  }
  return out;
}

std::string PointSettings::id() const {
  std::string out;
  for (const auto& [key, value] : settings) {
    out += fmt::format("{}{}-{}", out.empty() ? "" : "_", key, value);
  }
  std::replace_if(
      out.begin(), out.end(),
      [](unsigned char c) { return std::isalnum(c) == 0 && c != '.' && c != '-' && c != '_'; },
      '-');
  // A folder's name has at most 255 bytes, and files beside it are named after it.
  constexpr std::size_t kLongest = 200;
  if (out.size() > kLongest) {
    out = out.substr(0, kLongest - 17) + '-' + Digest{}.add(text()).text();
  }
  return out;
}

std::vector<std::string> PointSettings::assignments() const {
  std::vector<std::string> out;
  for (const auto& [key, value] : settings) {
    out.push_back(key + "=" + value);
  }
  return out;
}

std::string PointSettings::value(const std::string& key) const {
  const auto at = std::find_if(settings.begin(), settings.end(),
                               [&key](const auto& setting) { return setting.first == key; });
  return at == settings.end() ? "" : at->second;
}

SweepFile parse_sweep(const std::string& text, const std::string& name) {
  return read(ConfigMap::from_string(text, name), name);
}

SweepFile read_sweep(const std::string& path) {
  SweepFile sweep = read(ConfigMap::from_file(path), path);
  sweep.accelerator = found(sweep.accelerator, path);
  if (!sweep.network.starts_with("zoo:")) {
    sweep.network = found(sweep.network, path);
  }
  if (!sweep.weights.empty()) {
    sweep.weights = found(sweep.weights, path);
  }
  if (sweep.data) {
    sweep.data->file = found(sweep.data->file, path);
    if (!sweep.data->calibration.empty()) {
      sweep.data->calibration = found(sweep.data->calibration, path);
    }
  }
  return sweep;
}

}  // namespace turnpike::sweep
