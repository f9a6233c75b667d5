#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sim/config/key.hpp"

namespace turnpike::tools {

/// One key of a configuration file.
struct SchemaKey {
  std::string key;      ///< dotted; "layers[].name" for elements of a list
  std::string type;     ///< integer, number, choice, text, true|false, mapping, list
  std::string allowed;  ///< range or choices; empty: anything of the type
  std::string absent;   ///< value when absent; "required" if it must be there
  std::string meaning;  ///< with its unit
};

/// Keys of one kind of file.
struct ConfigSchema {
  std::string_view name;    ///< "accelerator"
  std::string_view schema;  ///< value of its `schema:` key, "turnpike-accelerator/1"
  std::string_view title;
  std::vector<SchemaKey> keys;
  std::vector<config::KeyRow> rows = {};  ///< what `keys` are the text of, where a table says it
};

/// Every kind of configuration file: what `config schema` prints and docs/configuration.md shows.
[[nodiscard]] const std::vector<ConfigSchema>& config_schemas();

/// By name ("network") or by `schema:` value; nullptr if there is none.
[[nodiscard]] const ConfigSchema* find_schema(std::string_view name);

/// A GitHub Markdown table of its keys.
[[nodiscard]] std::string schema_markdown(const ConfigSchema& schema);

}  // namespace turnpike::tools
