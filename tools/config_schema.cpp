#include "tools/config_schema.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "memory/dram_keys.hpp"
#include "models/network_file.hpp"
#include "sim/config/accelerator_config.hpp"
#include "sim/config/key_text.hpp"
#include "sim/config/profile.hpp"
#include "sim/cost/technology_keys.hpp"

namespace turnpike::tools {
namespace {

constexpr const char* kRequired = "required";

/// Rows of sim/config's tables as text.
ConfigSchema schema_of(std::string_view name, std::string_view title,
                       std::vector<config::KeyRow> rows) {
  ConfigSchema out{name, rows.front().facts.choices[0], title, {}, {}};
  for (const config::KeyRow& row : rows) {
    out.keys.push_back({row.key, config::type_text(row.facts), config::allowed_text(row.facts),
                        row.absent, config::meaning_text(row.facts)});
  }
  out.rows = std::move(rows);
  return out;
}

/// As the reader of network files and the operations describe them.
ConfigSchema network_schema() {
  ConfigSchema schema{"network", "turnpike-network/1", "Network", {}, {}};
  for (const models::NetworkKey& key : models::network_keys()) {
    schema.keys.push_back({key.key, key.type, key.allowed, key.absent, key.meaning});
  }
  return schema;
}

ConfigSchema sweep_schema() {
  return {
      "sweep",
      "turnpike-sweep/1",
      "Sweep",
      {{"schema", "choice", "turnpike-sweep/1", kRequired, "kind and version of the file"},
       {"accelerator", "text", "path of an accelerator file", kRequired, "the machine"},
       {"network", "text", "zoo:NAME, a network .yaml, a trace", kRequired, "the workload"},
       {"weights", "text", "path of an .npz", "synthetic", "trained weights"},
       {"data", "text or mapping",
        "path of an .npz, or {file, mean, std, images, calibration, calibration_images, repair}",
        "none", "images that the accuracy of every point is measured on"},
       {"name", "text", "", "none", "for the reader"},
       {"matrix", "mapping", "{key: [values]} or {key: {from, to, step or factor}}", "none",
        "every combination of these accelerator keys is a point"},
       {"sample", "mapping", "{points, seed, kind: latin or random}", "none",
        "that many draws from the matrix in place of all of it; kind: latin spreads them evenly "
        "along each key"},
       {"vary", "mapping", "{key: [values]}", "none",
        "for each value of each key, all points of the matrix with that value besides: one thing "
        "at "
        "a time"},
       {"where", "text or list", "conditions on keys, such as array.rows * array.columns <= 256",
        "none", "points of matrix and vary that one of these does not hold for are left out"},
       {"exclude", "list", "mappings of keys to values", "none",
        "points of the matrix left out: those that agree with all keys"},
       {"include", "list", "mappings of keys to values", "none", "further points"}}};
}

ConfigSchema technology_schema() {
  namespace rows = cost::technology_keys;
  const auto range = [](const Range& r) { return fmt::format("{}..{}", r.low, r.high); };
  const char* const constant = "{value, range: [low, high], unit, source}";
  const char* const scaled = "required with base";
  std::vector<SchemaKey> keys = {
      {"schema", "choice", rows::kSchema, kRequired, "kind and version of the file"},
      {"name", "text", "", kRequired, "name of the technology"},
      {"node_nm", "number", range(rows::kNodeNm), kRequired, "process node, nm"},
      {"voltage", "number", range(rows::kVoltage), kRequired,
       "supply the tables' energies hold for, V"},
      {"base", "text", "path of a technology directory", "none",
       "scale that technology instead of reading tables"},
      {"scaling.energy", "number", range(rows::kScaling), scaled, "factor on logic energies"},
      {"scaling.area", "number", range(rows::kScaling), scaled, "factor on logic areas"},
      {"scaling.leakage", "number", range(rows::kScaling), scaled, "factor on leakage"},
      {"scaling.source", "text", "", scaled, "where the factors come from"}};
  for (const char* key : rows::kConstants) {
    keys.push_back({fmt::format("constants.{}", key), "mapping", constant,
                    "the base's; required without one", "see docs/cost.md"});
  }
  for (const auto& row : rows::kOptional) {
    keys.push_back(
        {fmt::format("constants.{}", row.name), "mapping", constant, row.absent, row.meaning});
  }
  return {"technology", rows::kSchema, "Technology", std::move(keys), {}};
}

/// Which of its keys must be there depends on its kind, so it has no JSON Schema.
ConfigSchema dram_schema() {
  ConfigSchema schema = schema_of("dram", "DRAM device", memory::dram_keys());
  schema.rows.clear();
  return schema;
}

}  // namespace

const std::vector<ConfigSchema>& config_schemas() {
  static const std::vector<ConfigSchema> schemas = {
      schema_of("accelerator", "Accelerator", config::accelerator_keys()),
      schema_of("profile", "Profile", config::profile_keys()),
      network_schema(),
      sweep_schema(),
      dram_schema(),
      technology_schema()};
  return schemas;
}

const ConfigSchema* find_schema(std::string_view name) {
  const auto& all = config_schemas();
  const auto found = std::find_if(all.begin(), all.end(), [name](const ConfigSchema& schema) {
    return schema.name == name || schema.schema == name;
  });
  return found == all.end() ? nullptr : &*found;
}

std::string schema_markdown(const ConfigSchema& schema) {
  const auto cell = [](std::string_view text) {
    std::string out;
    for (const char c : text) {
      out += c == '|' ? std::string{"\\|"} : std::string(1, c);
    }
    return out;
  };
  std::string out = "| key | type | allowed | when absent | meaning |\n|---|---|---|---|---|\n";
  for (const SchemaKey& key : schema.keys) {
    out += fmt::format("| `{}` | {} | {} | {} | {} |\n", key.key, cell(key.type), cell(key.allowed),
                       cell(key.absent), cell(key.meaning));
  }
  return out;
}

}  // namespace turnpike::tools
