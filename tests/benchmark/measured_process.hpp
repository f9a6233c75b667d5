#pragma once

#include <string>
#include <utility>
#include <vector>

namespace turnpike::benchmark {

/// What a finished process took, its own children included.
struct Usage {
  double cpu_seconds = 0.0;     ///< user and system
  double wall_seconds = 0.0;    ///< of the same run
  double peak_mebibytes = 0.0;  ///< largest resident set of one process
};

/// Runs a program with stdout to /dev/null and these environment variables on top of ours.
/// std::runtime_error if it cannot be run or does not end with exit code 0.
[[nodiscard]] Usage measure(const std::vector<std::string>& command,
                            const std::vector<std::pair<std::string, std::string>>& environment);

}  // namespace turnpike::benchmark
