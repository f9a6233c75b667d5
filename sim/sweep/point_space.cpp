#include "sim/sweep/point_space.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/format.h>

#include "sim/base/config_map.hpp"
#include "sim/base/random.hpp"
#include "sim/base/text.hpp"
#include "sim/sweep/condition.hpp"
#include "sim/sweep/point_columns.hpp"

namespace turnpike::sweep {
namespace {

constexpr std::size_t kMaxPoints = 100'000;
constexpr std::size_t kMaxValues = 10'000;  ///< of a range
constexpr double kMost = 1e15;              ///< whole numbers are exact

[[noreturn]] void too_many(const SourceSpot& spot) {
  throw InputError{spot, fmt::format("makes more than {} points", kMaxPoints)};
}

std::vector<std::string> range_values(const ConfigNode& node, const std::string& name) {
  ConfigMap map{node, name};
  const double from = map.get_double("from", -kMost, kMost);
  const double to = map.get_double("to", -kMost, kMost);
  const auto step = map.opt_double("step", 1e-9, kMost);
  const auto factor = map.opt_double("factor", 1.0 + 1e-6, kMost);
  map.finish();
  if (step.has_value() == factor.has_value() || to < from || (factor && from <= 0.0)) {
    throw InputError{
        node.spot, fmt::format("'{}' must be {{from, to, step}} or {{from, to, factor}}, with 'to' "
                               "not below 'from', and 'from' above 0 for a factor",
                               name)};
  }
  std::vector<std::string> values;
  const double slack = 1e-9 * std::max(std::fabs(to), 1.0);  // 0.1 + 0.1 + 0.1 is 0.3 here
  for (std::size_t i = 0;; ++i) {
    const double at = step ? from + *step * static_cast<double>(i)
                           : from * std::pow(*factor, static_cast<double>(i));
    if (at > to + slack) {
      return values;
    }
    const double rounded = std::round(at * 1e9) * 1e-9;
    values.push_back(std::fabs(at - std::round(at)) < 1e-9
                         ? fmt::format("{}", static_cast<std::int64_t>(std::round(at)))
                         : shortest(std::stod(fmt::format("{:.9g}", rounded))));
    if (values.size() > kMaxValues) {
      throw InputError{node.spot, fmt::format("'{}' has more than {} values", name, kMaxValues)};
    }
  }
}

Axis read_axis(const std::string& key, const ConfigNode& values, const std::string& what) {
  const std::string name = what + "." + key;
  if (values.kind == ConfigNode::Kind::mapping) {
    return {key, range_values(values, name)};
  }
  if (values.kind != ConfigNode::Kind::sequence || values.items.empty()) {
    throw InputError{values.spot, fmt::format("'{}' must be a list of values", name)};
  }
  Axis axis{key, {}};
  for (const ConfigNode& value : values.items) {
    axis.values.push_back(value.flow_text());
  }
  return axis;
}

/// 0..count-1 in a random order (Fisher and Yates).
std::vector<std::size_t> shuffled(std::size_t count, Random& random) {
  std::vector<std::size_t> order(count);
  for (std::size_t i = 0; i < count; ++i) {
    order[i] = i;
    std::swap(order[i],
              order[static_cast<std::size_t>(random.integer(0, static_cast<std::int64_t>(i)))]);
  }
  return order;
}

/// Along one axis, the value each draw takes.
std::vector<std::size_t> draws_of(const Axis& axis, std::size_t count, bool latin, Random& random) {
  std::vector<std::size_t> draws =
      latin ? shuffled(count, random) : std::vector<std::size_t>(count);
  const std::size_t values = axis.values.size();
  for (std::size_t& draw : draws) {
    draw = latin
               ? draw * values / count
               : static_cast<std::size_t>(random.integer(0, static_cast<std::int64_t>(values) - 1));
  }
  return draws;
}

}  // namespace

std::vector<Axis> read_axes(const ConfigNode& node, const std::string& what) {
  if (node.kind != ConfigNode::Kind::mapping || node.entries.empty()) {
    throw InputError{node.spot,
                     fmt::format("'{}' must be a mapping of keys to lists of values", what)};
  }
  std::vector<Axis> axes;
  for (const auto& [key, values] : node.entries) {
    axes.push_back(read_axis(key, values, what));
  }
  return axes;
}

std::vector<PointSettings> all_points(const std::vector<Axis>& axes, const SourceSpot& spot) {
  std::vector<PointSettings> points(1);
  for (const Axis& axis : axes) {
    if (points.size() * axis.values.size() > kMaxPoints) {
      too_many(spot);
    }
    std::vector<PointSettings> next;
    for (const PointSettings& point : points) {
      for (const std::string& value : axis.values) {
        next.push_back(point);
        next.back().settings.emplace_back(axis.key, value);
      }
    }
    points = std::move(next);
  }
  return points;
}

std::vector<PointSettings> sampled_points(const std::vector<Axis>& axes, const ConfigNode& sample) {
  ConfigMap map{sample, "sample"};
  const auto count =
      static_cast<std::size_t>(map.get_int("points", 1, static_cast<long>(kMaxPoints)));
  Random random{static_cast<std::uint64_t>(map.opt_int("seed", 0, 1L << 52).value_or(1))};
  const bool latin = map.opt_choice("kind", {"latin", "random"}).value_or("latin") == "latin";
  map.finish();
  std::vector<PointSettings> draws(count);
  for (const Axis& axis : axes) {
    const std::vector<std::size_t> values = draws_of(axis, count, latin, random);
    for (std::size_t i = 0; i < count; ++i) {
      draws[i].settings.emplace_back(axis.key, axis.values[values[i]]);
    }
  }
  std::set<std::string> drawn;
  std::vector<PointSettings> points;
  for (PointSettings& point : draws) {
    if (drawn.insert(point.text()).second) {
      points.push_back(std::move(point));
    }
  }
  return points;
}

void add_varied(const ConfigNode& vary, std::vector<PointSettings>& points) {
  if (points.empty()) {
    throw InputError{vary.spot, "'vary' goes with a 'matrix', which is the base"};
  }
  const std::vector<PointSettings> base = points;
  for (const Axis& axis : read_axes(vary, "vary")) {
    for (const std::string& value : axis.values) {
      for (const PointSettings& point : base) {
        if (!point.value(axis.key).empty()) {
          throw InputError{
              vary.spot,
              fmt::format("'{}' is of the matrix already: it cannot vary from it", axis.key)};
        }
        PointSettings varied;
        varied.settings.emplace_back(axis.key, value);
        varied.settings.insert(varied.settings.end(), point.settings.begin(), point.settings.end());
        points.push_back(std::move(varied));
      }
      if (points.size() > kMaxPoints) {
        too_many(vary.spot);
      }
    }
  }
}

void keep_where(const ConfigNode* where, std::vector<PointSettings>& points) {
  if (where == nullptr) {
    return;
  }
  const bool one = where->kind == ConfigNode::Kind::scalar;
  const std::vector<ConfigNode> conditions = one ? std::vector<ConfigNode>{*where} : where->items;
  if (where->kind == ConfigNode::Kind::mapping || conditions.empty()) {
    throw InputError{where->spot,
                     "'where' must be a condition or a list of them, such as "
                     "'array.rows * array.columns <= 256'"};
  }
  std::vector<std::string> keys;
  for (const PointSettings& point : points) {
    for (const auto& [key, value] : point.settings) {
      if (std::find(keys.begin(), keys.end(), key) == keys.end()) {
        keys.push_back(key);
      }
    }
  }
  for (const ConfigNode& condition : conditions) {
    if (condition.kind != ConfigNode::Kind::scalar) {
      throw InputError{condition.spot, "a condition of 'where' must be a text"};
    }
    Rows rows{keys};
    for (const PointSettings& point : points) {
      std::vector<DatabaseValue> values;
      for (const std::string& key : keys) {
        const std::string value = point.value(key);
        values.push_back(value.empty() ? DatabaseValue{} : setting_value(value));
      }
      rows.add(values);
    }
    std::vector<PointSettings> kept;
    for (const std::size_t i : rows.that_meet(condition.scalar, condition.spot)) {
      kept.push_back(points[i]);
    }
    points = std::move(kept);
    if (points.empty()) {
      throw InputError{condition.spot, fmt::format("'{}' leaves no point", condition.scalar)};
    }
  }
}

}  // namespace turnpike::sweep
