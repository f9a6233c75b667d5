#pragma once

#include <string>

#include "tools/config_schema.hpp"

namespace turnpike::tools {

/// A JSON Schema (2020-12) of a kind of file, for editors that complete and check YAML. It knows
/// each key's own range; rules between keys are the reader's. InputError for a kind without rows.
[[nodiscard]] std::string json_schema(const ConfigSchema& schema);

}  // namespace turnpike::tools
