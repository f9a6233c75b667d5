#pragma once

#include <string>

namespace turnpike::tools {

/// The configs/ folder: $TURNPIKE_CONFIGS, else ../share/turnpike/configs beside the program, else
/// the one of the source tree it was built from.
[[nodiscard]] std::string find_configs(const std::string& program);

}  // namespace turnpike::tools
