#pragma once

#include <optional>
#include <string>
#include <vector>

namespace turnpike::tools {

/// A file or folder that an option names.
struct NamedPath {
  std::string option;               ///< "--timeline"
  std::optional<std::string> path;  ///< nothing is checked without one
};

/// InputError if two outputs are one file, if one is an input, or if one is a file that a run
/// directory among them keeps for itself. Links are followed; /dev/null takes any number.
void check_outputs(const std::vector<NamedPath>& files, const NamedPath& run_directory,
                   const std::vector<NamedPath>& inputs);

}  // namespace turnpike::tools
