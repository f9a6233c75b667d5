#include "sim/sweep/point_columns.hpp"

#include <charconv>
#include <type_traits>

#include <fmt/format.h>

namespace turnpike::sweep {
namespace {

/// Calls `each(name, member)` for every figure of a point, in the order of the columns.
template <class Point, class Each>
void for_each_figure(Point& point, const Each& each) {
  each("network", point.network);
  each("policy", point.policy);
  each("weight_bits", point.weight_bits);
  each("activation_bits", point.activation_bits);
  each("highway", point.highway);
  each("highway_bits", point.highway_bits);
  for_each_field<results::Totals>(
      [&](const auto& field) { each(std::string{field.label.name}, point.totals.*field.place); });
  each("highway_energy_pj", point.highway_energy_pj);
  each("highway_dram_bytes", point.highway_dram_bytes);
  each("highway_glb_bytes", point.highway_glb_bytes);
  for_each_field<accelerator::OperationCounts>([&](const auto& field) {
    each(fmt::format("operations.{}", field.label.name), point.operations.*field.place);
  });
}

template <class Point, class Each>
void for_each_component(Point& point, const Each& each) {
  for (std::size_t c = 0; c < kComponents; ++c) {
    const auto name = to_string(Component{c});
    each(fmt::format("energy_pj.{}", name), point.energy_pj, c);
    each(fmt::format("area_um2.{}", name), point.area_um2, c);
  }
}

template <class T>
DatabaseValue cell_of(const T& member) {
  if constexpr (std::is_same_v<T, std::string>) {
    return member;
  } else if constexpr (std::is_floating_point_v<T>) {
    return member;
  } else if constexpr (std::is_integral_v<T>) {
    return static_cast<std::int64_t>(member);
  } else {
    return member ? cell_of(*member) : DatabaseValue{};
  }
}

/// A member's value for a column whose type is looked at when there is none.
template <class T>
DatabaseValue value_of_type() {
  if constexpr (std::is_same_v<T, std::optional<std::uint64_t>>) {
    return std::int64_t{0};
  } else {
    return cell_of(T{});
  }
}

template <class T>
bool set(T& member, const DatabaseValue& value) {
  if constexpr (std::is_same_v<T, std::optional<std::uint64_t>>) {
    member.reset();
    return std::holds_alternative<std::monostate>(value) || set(member.emplace(), value);
  } else if constexpr (std::is_same_v<T, std::string>) {
    const auto* text = std::get_if<std::string>(&value);
    member = text == nullptr ? "" : *text;
    return text != nullptr;
  } else {
    const auto* whole = std::get_if<std::int64_t>(&value);
    const auto* real = std::get_if<double>(&value);
    if (real != nullptr && std::is_floating_point_v<T>) {
      member = static_cast<T>(*real);
    } else if (whole != nullptr) {
      member = static_cast<T>(*whole);
    }
    return whole != nullptr || (real != nullptr && std::is_floating_point_v<T>);
  }
}

}  // namespace

std::vector<PointColumn> columns_of(const PointResult& point) {
  std::vector<PointColumn> columns = {{"id", point.settings.id()},
                                      {"status", point.status},
                                      {"message", point.message},
                                      {"profile", point.profile}};
  const bool has = point.has_results();
  for_each_figure(point, [&](const std::string& name, const auto& member) {
    columns.push_back({name, has ? cell_of(member) : DatabaseValue{}});
  });
  for_each_component(point, [&](const std::string& name, const auto& figures, std::size_t c) {
    columns.push_back(
        {name, has && figures.of_machine[c] ? DatabaseValue{figures[c]} : DatabaseValue{}});
  });
  return columns;
}

bool set_columns(PointResult& point, const std::vector<DatabaseValue>& values) {
  bool good = true;
  std::size_t next = 1;  // the id follows from the settings
  const auto take = [&]() -> const DatabaseValue& {
    static const DatabaseValue none;
    return next < values.size() ? values[next++] : none;
  };
  for (std::string* text : {&point.status, &point.message, &point.profile}) {
    good = set(*text, take()) && good;
  }
  const bool has = point.has_results();
  for_each_figure(point, [&](const std::string& /*name*/, auto& member) {
    const DatabaseValue& value = take();
    good = (!has || set(member, value)) && good;
  });
  for_each_component(point, [&](const std::string& /*name*/, auto& figures, std::size_t c) {
    const DatabaseValue& value = take();
    figures.of_machine[c] = !std::holds_alternative<std::monostate>(value);
    good = (!figures.of_machine[c] || set(figures[c], value)) && good;
  });
  return good && next == values.size();
}

DatabaseValue setting_value(const std::string& text) {
  if (text == "true" || text == "false") {
    return std::int64_t{text == "true" ? 1 : 0};
  }
  const char* const end = text.data() + text.size();
  std::int64_t whole = 0;
  if (const auto read = std::from_chars(text.data(), end, whole);
      read.ec == std::errc{} && read.ptr == end) {
    return whole;
  }
  double real = 0.0;
  if (const auto read = std::from_chars(text.data(), end, real);
      read.ec == std::errc{} && read.ptr == end) {
    return real;
  }
  return text;
}

const char* type_of(const DatabaseValue& value) {
  return std::holds_alternative<std::int64_t>(value)  ? "INTEGER"
         : std::holds_alternative<double>(value)      ? "REAL"
         : std::holds_alternative<std::string>(value) ? "TEXT"
         : std::holds_alternative<Blob>(value)        ? "BLOB"
                                                      : "";
}

}  // namespace turnpike::sweep
