#include "sim/sweep/point_selection.hpp"

#include <algorithm>
#include <limits>
#include <map>

#include <fmt/format.h>

#include "sim/base/text.hpp"
#include "sim/sweep/condition.hpp"
#include "sim/sweep/point_columns.hpp"
#include "sim/sweep/twins.hpp"
#include "traces/npz.hpp"

namespace turnpike::sweep {
namespace {

/// Columns in order, each with a value a point.
class Columns {
 public:
  explicit Columns(const std::vector<PointResult>& points) : points_{points.size()} {
    const Twins twins{points};
    for (std::size_t i = 0; i < points.size(); ++i) {
      const PointResult& point = points[i];
      for (const auto& [key, value] : point.settings.settings) {
        set(i, key, setting_value(value));
      }
      for (const PointColumn& column : columns_of(point)) {
        set(i, column.name, column.value);
      }
      const PointResult* const twin = point.has_results() ? twins.of(point) : nullptr;
      set(i, "added_energy_uj",
          twin != nullptr ? DatabaseValue{point.totals.energy_uj - twin->totals.energy_uj}
                          : DatabaseValue{});
      set(i, "top1", point.accuracy ? DatabaseValue{point.accuracy->top1} : DatabaseValue{});
    }
  }

  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }
  [[nodiscard]] const std::vector<DatabaseValue>& values(const std::string& name) const {
    return columns_.at(name);
  }

 private:
  void set(std::size_t point, const std::string& name, DatabaseValue value) {
    const auto [found, added] = columns_.try_emplace(name);
    if (added) {
      names_.push_back(name);
      found->second.resize(points_);
    }
    found->second[point] = std::move(value);
  }

  std::size_t points_;
  std::vector<std::string> names_;
  std::map<std::string, std::vector<DatabaseValue>> columns_;
};

Tensor text_tensor(const std::vector<DatabaseValue>& values) {
  const auto text = [](const DatabaseValue& value) {
    if (const auto* whole = std::get_if<std::int64_t>(&value)) {
      return fmt::format("{}", *whole);
    }
    if (const auto* real = std::get_if<double>(&value)) {
      return shortest(*real);
    }
    const auto* words = std::get_if<std::string>(&value);
    return words == nullptr ? std::string{} : *words;
  };
  std::size_t width = 1;
  for (const DatabaseValue& value : values) {
    width = std::max(width, text(value).size());
  }
  std::vector<std::uint8_t> bytes;
  for (const DatabaseValue& value : values) {
    std::string padded = text(value);
    padded.resize(width, '\0');
    bytes.insert(bytes.end(), padded.begin(), padded.end());
  }
  return {{static_cast<std::int64_t>(values.size()), static_cast<std::int64_t>(width)},
          std::move(bytes)};
}

Tensor tensor_of(const std::vector<DatabaseValue>& values) {
  const auto count = [&values](auto holds) {
    return static_cast<std::size_t>(std::count_if(values.begin(), values.end(), holds));
  };
  const std::size_t whole =
      count([](const auto& v) { return std::holds_alternative<std::int64_t>(v); });
  const std::size_t numbers =
      whole + count([](const auto& v) { return std::holds_alternative<double>(v); });
  const std::size_t none =
      count([](const auto& v) { return std::holds_alternative<std::monostate>(v); });
  const TensorShape shape{static_cast<std::int64_t>(values.size())};
  if (whole == values.size()) {
    std::vector<std::int64_t> out;
    for (const DatabaseValue& value : values) {
      out.push_back(std::get<std::int64_t>(value));
    }
    return {shape, std::move(out)};
  }
  if (numbers + none < values.size()) {
    return text_tensor(values);
  }
  std::vector<double> out;
  for (const DatabaseValue& value : values) {
    const auto* integer = std::get_if<std::int64_t>(&value);
    const auto* real = std::get_if<double>(&value);
    out.push_back(integer != nullptr ? static_cast<double>(*integer)
                  : real != nullptr  ? *real
                                     : std::numeric_limits<double>::quiet_NaN());
  }
  return {shape, std::move(out)};
}

}  // namespace

std::vector<PointResult> select_points(const std::vector<PointResult>& points,
                                       const std::string& condition) {
  const Columns columns{points};
  Rows rows{columns.names()};
  for (std::size_t i = 0; i < points.size(); ++i) {
    std::vector<DatabaseValue> values;
    for (const std::string& name : columns.names()) {
      values.push_back(columns.values(name)[i]);
    }
    rows.add(values);
  }
  std::vector<PointResult> out;
  for (const std::size_t i : rows.that_meet(condition, {"--where", 0, 0})) {
    out.push_back(points[i]);
  }
  return out;
}

void write_columns(const std::string& path, const std::vector<PointResult>& points) {
  const Columns columns{points};
  traces::NamedTensors tensors;
  for (const std::string& name : columns.names()) {
    tensors.emplace_back(name, tensor_of(columns.values(name)));
  }
  traces::write_npz(path, tensors, traces::NpzCompression::deflated);
}

}  // namespace turnpike::sweep
