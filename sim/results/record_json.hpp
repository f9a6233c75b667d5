#pragma once

#include <concepts>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sim/base/error.hpp"
#include "sim/base/record.hpp"
#include "sim/results/run_figures.hpp"
#include "traces/json_map.hpp"

/// The one writer and the one reader of described records as JSON. For .cpp files only: it brings
/// the JSON library along.
namespace turnpike::results {

/// "glb_bytes.ifmap" in its two parts; the first is empty for a key of the record itself.
struct KeyPath {
  std::string group, key;

  explicit KeyPath(std::string_view name) {
    const std::size_t dot = name.find('.');
    group = dot == std::string_view::npos ? "" : std::string{name.substr(0, dot)};
    key = std::string{dot == std::string_view::npos ? name : name.substr(dot + 1)};
  }
};

/// Texts by name, in an order of their own.
using NamedTexts = std::vector<std::pair<std::string, std::string>>;

// ---- Writing

template <Described Record>
nlohmann::ordered_json to_json(const Record& record);

template <class Value>
nlohmann::ordered_json value_json(const Value& value) {
  using Json = nlohmann::ordered_json;
  if constexpr (Described<Value>) {
    return to_json(value);
  } else {
    return Json(value);
  }
}

template <class Value>
nlohmann::ordered_json value_json(const std::optional<Value>& value) {
  return value ? value_json(*value) : nlohmann::ordered_json(nullptr);
}

template <Described Value>
nlohmann::ordered_json value_json(const std::vector<Value>& values) {
  auto out = nlohmann::ordered_json::array();
  for (const Value& value : values) {
    out.push_back(to_json(value));
  }
  return out;
}

[[nodiscard]] nlohmann::ordered_json value_json(const ComponentFigures& figures);
[[nodiscard]] nlohmann::ordered_json value_json(const ComponentAreas& areas);
[[nodiscard]] nlohmann::ordered_json value_json(const std::map<std::string, bool>& flags);
[[nodiscard]] nlohmann::ordered_json value_json(const std::map<std::string, std::string>& texts);
[[nodiscard]] nlohmann::ordered_json value_json(const NamedTexts& texts);

/// The fields of a record that are keys of its object, in their order. What a file of an older
/// version did not have is left out again.
template <Described Record>
nlohmann::ordered_json to_json(const Record& record) {
  using Json = nlohmann::ordered_json;
  Json out = Json::object();
  for_each_field<Record>([&](const auto& field) {
    if (field.options.elsewhere) {
      return;
    }
    const Json value = value_json(fetch(field.place, record));
    if (field.options.later && value.is_null()) {
      return;
    }
    const KeyPath path{field.label.name};
    (path.group.empty() ? out : out[path.group])[path.key] = value;
  });
  return out;
}

// ---- Reading

/// A JSON object of a file, and what messages call it.
struct JsonPart {
  const nlohmann::ordered_json& object;
  const SourceSpot& spot;
  std::string what;

  [[nodiscard]] traces::JsonMap map() const { return {object, spot, what}; }
  /// An object in it; FileError if it is not there.
  [[nodiscard]] JsonPart at(const std::string& key) const;
};

template <Described Record>
void read_fields(const JsonPart& part, Record& record);

void read_value(const JsonPart& part, const std::string& key, std::string& value);
void read_value(const JsonPart& part, const std::string& key, bool& value);
void read_value(const JsonPart& part, const std::string& key, double& value);
void read_value(const JsonPart& part, const std::string& key, std::vector<std::string>& value);
void read_value(const JsonPart& part, const std::string& key, std::map<std::string, bool>& value);
void read_value(const JsonPart& part, const std::string& key,
                std::map<std::string, std::string>& value);
void read_value(const JsonPart& part, const std::string& key, NamedTexts& value);
/// The machine has the components that stand there.
void read_value(const JsonPart& part, const std::string& key, ComponentFigures& value);
void read_value(const JsonPart& part, const std::string& key, ComponentAreas& value);

template <class Value>
void read_value(const JsonPart& part, const std::string& key, std::optional<Value>& value) {
  if (part.map().get_value(key).is_null()) {
    value.reset();
  } else {
    read_value(part, key, value.emplace());
  }
}

template <Described Value>
void read_value(const JsonPart& part, const std::string& key, Value& value) {
  read_fields(part.at(key), value);
}

/// "layer 'conv1'": an entry of the list `layers` by its name, where it has one.
[[nodiscard]] std::string entry_name(const std::string& list, const nlohmann::ordered_json& entry);

template <Described Value>
void read_value(const JsonPart& part, const std::string& key, std::vector<Value>& values) {
  const nlohmann::ordered_json& list = part.map().get_value(key);
  if (!list.is_array()) {
    part.map().fail(fmt::format("'{}' must be a list", key));
  }
  for (const nlohmann::ordered_json& entry : list) {
    read_fields(JsonPart{entry, part.spot, entry_name(key, entry)}, values.emplace_back());
  }
}

template <class Value>
concept WholeNumber = std::integral<Value> && !std::same_as<Value, bool>;

/// A whole number in the bounds of its field.
template <WholeNumber Value>
void read_number(const JsonPart& part, const std::string& key, const FieldOptions& options,
                 Value& value) {
  value = static_cast<Value>(part.map().get_int(key, options.least, options.most));
}

template <WholeNumber Value>
void read_number(const JsonPart& part, const std::string& key, const FieldOptions& options,
                 std::optional<Value>& value) {
  read_number(part, key, options, value.emplace());
}

/// The object of a field, if it has one there.
struct FieldSpot {
  JsonPart holder;
  std::string key;
  bool there = false;
};

[[nodiscard]] FieldSpot find_field(const JsonPart& part, const Label& label,
                                   const FieldOptions& options, bool required);

template <class Value>
void read_field(const FieldSpot& spot, const FieldOptions& options, Value& value) {
  if constexpr (requires { read_number(spot.holder, spot.key, options, value); }) {
    read_number(spot.holder, spot.key, options, value);
  } else {
    read_value(spot.holder, spot.key, value);
  }
}

/// Reads the fields that are stored, and holds those that follow from them to what they give.
/// Unknown keys are passed over: later versions may add some. FileError naming what is missing, is
/// no figure of its kind, or contradicts the others.
template <Described Record>
void read_fields(const JsonPart& part, Record& record) {
  for_each_field<Record>([&](const auto& field) {
    using Place = std::remove_cvref_t<decltype(field.place)>;
    if constexpr (is_stored<Place, Record>) {
      const FieldSpot spot = find_field(part, field.label, field.options, true);
      if (spot.there) {
        Fetched<Place, Record> value{};
        read_field(spot, field.options, value);
        store(field.place, record, std::move(value));
      }
    }
  });
  for_each_field<Record>([&](const auto& field) {
    using Place = std::remove_cvref_t<decltype(field.place)>;
    if constexpr (!is_stored<Place, Record>) {
      const FieldSpot spot = find_field(part, field.label, field.options, false);
      Fetched<Place, Record> value{};
      if (spot.there) {
        read_field(spot, field.options, value);
      }
      if (spot.there && value != fetch(field.place, record)) {
        spot.holder.map().fail(fmt::format("'{}' contradicts the other figures", spot.key));
      }
    }
  });
}

}  // namespace turnpike::results
