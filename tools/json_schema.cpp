#include "tools/json_schema.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sim/base/error.hpp"
#include "sim/config/key_text.hpp"
#include "sim/config/layers.hpp"

namespace turnpike::tools {
namespace {

using Json = nlohmann::ordered_json;
using config::Form;
using config::KeyFacts;

/// Whole numbers without a decimal point.
Json plain(double value) {
  const auto whole = static_cast<std::int64_t>(value);
  return static_cast<double>(whole) == value ? Json(whole) : Json(value);
}

Json between(const char* type, double low, double high) {
  return {{"type", type}, {"minimum", plain(low)}, {"maximum", plain(high)}};
}

Json one_of(const KeyFacts& facts) {
  return {{"enum", std::vector<std::string>{facts.choices.begin(), facts.choices.end()}}};
}

Json object() {
  return {{"type", "object"}, {"properties", Json::object()}, {"additionalProperties", false}};
}

Json widths(const KeyFacts& facts) {
  const Json bits = between("integer", facts.low, facts.high);
  Json both = object();
  both["properties"] = {{"weight", bits}, {"activation", bits}};
  both["required"] = {"weight", "activation"};
  return {{"anyOf", {bits, std::move(both)}}};
}

/// Widths of a layer, and quantizers of its own.
Json layer_widths(const KeyFacts& facts) {
  Json both = widths(facts);
  Json& properties = both["anyOf"][1]["properties"];
  const auto choice = [&]<class Enum>(const char* key, Enum) {
    const auto& names = config::ChoiceNames<Enum>::names;
    properties[key] = {{"enum", std::vector<std::string>{names.begin(), names.end()}}};
  };
  choice("weights", config::WeightQuantizer{});
  choice("weight_scale", config::WeightScale{});
  choice("activations", config::ActivationQuantizer{});
  for (const char* key : {"clip", "weight_step", "step"}) {
    properties[key] = {{"type", "number"}, {"exclusiveMinimum", 0}};
  }
  return both;
}

Json band(const KeyFacts& facts) {
  return {{"type", "array"},
          {"prefixItems", {between("number", facts.low, 1), between("number", 1, facts.high)}},
          {"minItems", 2},
          {"maxItems", 2}};
}

Json range(const KeyFacts& facts) {
  const Json end = between("number", facts.low, facts.high);
  return {{"type", "array"}, {"prefixItems", {end, end}}, {"minItems", 2}, {"maxItems", 2}};
}

/// What a value of this form may be.
Json value_of(const KeyFacts& facts) {
  switch (facts.form) {
    case Form::integer:
      return between("integer", facts.low, facts.high);
    case Form::number:
      return between("number", facts.low, facts.high);
    case Form::truth:
      return {{"type", "boolean"}};
    case Form::choice:
      return one_of(facts);
    case Form::text:
      return {{"type", "string"}, {"minLength", 1}};
    case Form::integer_or_choice:
      return {{"anyOf", {between("integer", facts.low, facts.high), one_of(facts)}}};
    case Form::widths:
      return widths(facts);
    case Form::layer_widths:
      return {{"type", "object"}, {"additionalProperties", layer_widths(facts)}};
    case Form::band:
      return band(facts);
    case Form::range:
      return range(facts);
    case Form::mapping:
    case Form::section:
      return {{"type", "object"}};
  }
  return {};
}

/// The member of an object that a key's part names, made if it is missing.
Json& below(Json& at, const std::string& part, bool required) {
  Json& properties = at["properties"];
  if (!properties.contains(part)) {
    properties[part] = object();
  }
  if (required) {
    Json& all = at["required"];
    if (std::find(all.begin(), all.end(), part) == all.end()) {
      all.push_back(part);
    }
  }
  return properties[part];
}

/// What holds without the key, as a value of its type.
Json default_of(const config::KeyRow& row) {
  if (row.facts.form == Form::text || row.facts.form == Form::choice) {
    return row.absent;
  }
  Json value = Json::parse(row.absent, nullptr, false);
  return value.is_discarded() ? Json(row.absent) : value;
}

void add(Json& root, const config::KeyRow& row) {
  const bool required = row.absent == "required";
  Json* at = &root;
  std::size_t from = 0;
  for (std::size_t dot = row.key.find('.'); dot != std::string::npos;
       from = dot + 1, dot = row.key.find('.', from)) {
    at = &below(*at, row.key.substr(from, dot - from), required);
  }
  Json value = value_of(row.facts);
  value["description"] = config::meaning_text(row.facts);
  if (!required && row.facts.absent.empty()) {
    value["default"] = default_of(row);
  }
  below(*at, row.key.substr(from), required) = std::move(value);
}

}  // namespace

std::string json_schema(const ConfigSchema& schema) {
  if (schema.rows.empty()) {
    throw InputError{{"config schema --json-schema", 0, 0},
                     fmt::format("there is one of accelerator and profile, not of {}; --json "
                                 "prints its keys",
                                 schema.name)};
  }
  Json root{{"$schema", "https://json-schema.org/draft/2020-12/schema"},
            {"title", fmt::format("Turnpike {}", schema.name)}};
  root.update(object());
  for (const config::KeyRow& row : schema.rows) {
    add(root, row);
  }
  return root.dump(2);
}

}  // namespace turnpike::tools
