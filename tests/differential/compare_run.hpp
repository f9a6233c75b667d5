#pragma once

#include <cstdint>
#include <string>

#include "tests/differential/random_run.hpp"

namespace turnpike::differential {

/// What one random run (random_run.hpp) did in every timing mode.
struct RunComparison {
  bool refused = false;          ///< the machine cannot run the network
  std::string difference;        ///< between the modes, or the checks that failed; "" if none
  std::uint64_t cycles = 0;      ///< of one of the runs
  bool spills = false;           ///< a feature map lies in DRAM
  bool skips_from_dram = false;  ///< the post-processing unit reads operands from there
};

/// Where sources are found and files may be written.
struct Folders {
  std::string source, scratch;
};

/// Runs the network on its machine with an empty memo, with the memo that left on disk, and in
/// reference timing, the latter with all observers if `watched`; compares results.json, layers.csv
/// and counts.csv byte for byte, and looks at every check of the run.
[[nodiscard]] RunComparison compare_modes(const RandomRun& run, bool watched,
                                          const Folders& folders);

/// The same of seed's run, every third of them watched.
[[nodiscard]] RunComparison compare_random_run(std::uint64_t seed, const Folders& folders);

}  // namespace turnpike::differential
