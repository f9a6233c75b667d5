#pragma once

#include <string>

#include "sim/config/key.hpp"

namespace turnpike::config {

/// "integer", "integer or mapping", ...
[[nodiscard]] std::string type_text(const KeyFacts& facts);
/// "1..224", "open, closed", ...; empty if anything of the type will do.
[[nodiscard]] std::string allowed_text(const KeyFacts& facts);
/// What it means, with its unit.
[[nodiscard]] std::string meaning_text(const KeyFacts& facts);

}  // namespace turnpike::config
