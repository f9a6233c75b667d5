#pragma once

#include <string>
#include <utility>
#include <vector>

#include "sim/report/priced_run.hpp"

namespace turnpike::report {

/// What run.json holds: the only file that may differ between two equal runs.
struct RunRecord {
  std::string version;
  std::vector<std::string> arguments;
  std::string timing;                                        ///< memo or reference
  std::vector<std::pair<std::string, std::string>> digests;  ///< input -> digest
  double wall_seconds = 0.0;
};

/// results.json (schema turnpike-results/1): keys as in docs/results.md. Ends with a newline.
[[nodiscard]] std::string results_json(const PricedRun& run);
[[nodiscard]] std::string layers_csv(const PricedRun& run);
[[nodiscard]] std::string counts_csv(const PricedRun& run);
[[nodiscard]] std::string stats_text(const PricedRun& run);

/// Writes a run directory, each file by a temporary one and a rename; run.json last, so that a
/// directory with it is complete. FileError if it cannot be written.
void write_run_directory(const std::string& directory, const PricedRun& run,
                         const RunRecord& record);

/// One file, by a temporary and a rename. FileError if it cannot be written.
void write_file(const std::string& path, const std::string& text);

}  // namespace turnpike::report
