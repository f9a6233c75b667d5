#pragma once

#include <string>

namespace turnpike::tools {

/// The configs/ folder: $TURNPIKE_CONFIGS, else ../share/turnpike/configs beside the program, else
/// the one of the source tree it was built from.
[[nodiscard]] std::string find_configs(const std::string& program);

/// FileError if the folder is there and may not be looked into.
void check_configs(const std::string& folder);

}  // namespace turnpike::tools
