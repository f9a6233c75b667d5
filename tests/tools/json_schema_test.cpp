#include "tools/json_schema.hpp"

#include <filesystem>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "sim/base/config_node.hpp"
#include "sim/base/error.hpp"

namespace turnpike::tools {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

const std::string kShippedConfigs = std::string{TURNPIKE_SOURCE_DIR} + "/configs";

/// A value as a YAML 1.2 reader types it.
json typed(const ConfigNode& node) {
  switch (node.kind) {
    case ConfigNode::Kind::null:
      return nullptr;
    case ConfigNode::Kind::scalar: {
      const json value = json::parse(node.scalar, nullptr, false);
      return node.quoted || value.is_discarded() || value.is_string() ? json(node.scalar) : value;
    }
    case ConfigNode::Kind::sequence: {
      json out = json::array();
      for (const ConfigNode& item : node.items) {
        out.push_back(typed(item));
      }
      return out;
    }
    case ConfigNode::Kind::mapping: {
      json out = json::object();
      for (const auto& [key, value] : node.entries) {
        out[key] = typed(value);
      }
      return out;
    }
  }
  return {};
}

bool has_type(const json& value, const std::string& type) {
  return (type == "integer" && value.is_number_integer()) ||
         (type == "number" && value.is_number()) || (type == "boolean" && value.is_boolean()) ||
         (type == "string" && value.is_string()) || (type == "array" && value.is_array()) ||
         (type == "object" && value.is_object());
}

std::string fault(const json& schema, const json& value, const std::string& at);

std::string object_fault(const json& schema, const json& value, const std::string& at) {
  for (const auto& key : schema.value("required", json::array())) {
    if (!value.contains(key)) {
      return fmt::format("{} lacks {}", at, key.get<std::string>());
    }
  }
  const json properties = schema.value("properties", json::object());
  const json others = schema.value("additionalProperties", json(true));
  for (const auto& [key, member] : value.items()) {
    if (!properties.contains(key) && others == json(false)) {
      return fmt::format("{} has no {}", at, key);
    }
    const json& rule = properties.contains(key) ? properties.at(key) : others;
    if (rule.is_object()) {
      const std::string inner = fault(rule, member, at + "." + key);
      if (!inner.empty()) {
        return inner;
      }
    }
  }
  return "";
}

/// What of the keywords in use a value breaks; empty if none.
std::string fault(const json& schema, const json& value, const std::string& at) {
  if (schema.contains("type") && !has_type(value, schema.at("type"))) {
    return fmt::format("{} is no {}", at, schema.at("type").get<std::string>());
  }
  if (schema.contains("enum") && std::find(schema.at("enum").begin(), schema.at("enum").end(),
                                           value) == schema.at("enum").end()) {
    return fmt::format("{} is none of the choices", at);
  }
  if (value.is_number() &&
      (value < schema.value("minimum", value) || value > schema.value("maximum", value))) {
    return fmt::format("{} is outside its range", at);
  }
  if (schema.contains("anyOf") &&
      std::none_of(schema.at("anyOf").begin(), schema.at("anyOf").end(),
                   [&](const json& each) { return fault(each, value, at).empty(); })) {
    return fmt::format("{} is of no form", at);
  }
  for (std::size_t i = 0; value.is_array() && i < value.size() && schema.contains("prefixItems");
       ++i) {
    if (value.size() != schema.at("maxItems") ||
        !fault(schema.at("prefixItems").at(i), value[i], at).empty()) {
      return fmt::format("{}[{}] is wrong", at, i);
    }
  }
  return value.is_object() ? object_fault(schema, value, at) : "";
}

json schema_of(const std::string& kind) {
  return json::parse(json_schema(*find_schema(kind)));
}

TEST(JsonSchema, TakesEveryShippedFile) {
  for (const auto& [kind, folder] :
       {std::pair{"accelerator", "/accelerators"}, std::pair{"profile", "/profiles"}}) {
    const json schema = schema_of(kind);
    for (const auto& entry : fs::directory_iterator{kShippedConfigs + folder}) {
      const json file = typed(ConfigNode::from_file(entry.path().string()));
      EXPECT_EQ(fault(schema, file, "(top)"), "") << entry.path();
    }
  }
}

TEST(JsonSchema, RefusesWhatTheReaderRefuses) {
  const json schema = schema_of("accelerator");
  const json file =
      typed(ConfigNode::from_file(kShippedConfigs + "/accelerators/precision-highway.yaml"));
  for (const auto& [path, wrong] :
       std::vector<std::pair<std::string, json>>{{"/array/rows", 0},
                                                 {"/array/rows", 1025},
                                                 {"/array/rows", "12"},
                                                 {"/array/rowz", 12},
                                                 {"/spads/filter", 4097},
                                                 {"/glb/allocation", "banks"},
                                                 {"/precision", 17},
                                                 {"/precision", json{{"weight", 2}}},
                                                 {"/technology/voltage", 1.3},
                                                 {"/highway/enabled", "yes"},
                                                 {"/layers", json{{"overrides", {{"a*", 17}}}}},
                                                 {"/psum", json{{"cost_bits", "wide"}}},
                                                 {"/dram/power_down_after", -1},
                                                 {"/schema", "turnpike-accelerator/2"}}) {
    json changed = file;
    changed[json::json_pointer(path)] = wrong;
    EXPECT_NE(fault(schema, changed, "(top)"), "") << path << " " << wrong;
  }
  json without = file;
  without.erase("array");
  EXPECT_EQ(fault(schema, without, "(top)"), "(top) lacks array");
}

TEST(JsonSchema, StatesDefaultsAndMeanings) {
  const json properties = schema_of("accelerator").at("properties");
  EXPECT_EQ(properties.at("noc").at("properties").at("fifo_depth").at("default"), 4);
  EXPECT_EQ(properties.at("rlc").at("default"), "off");
  EXPECT_EQ(properties.at("clock_mhz").at("description"), "core clock, MHz");
  EXPECT_FALSE(properties.at("clock_mhz").contains("default"));
}

TEST(JsonSchema, ThereIsNoneOfAKindWithoutRows) {
  EXPECT_THROW(static_cast<void>(json_schema(*find_schema("network"))), InputError);
}

}  // namespace
}  // namespace turnpike::tools
