#pragma once

#include <string>

#include "sim/report/priced_run.hpp"

namespace turnpike::report {

/// The texts of a run's files; run_directory.hpp writes them.

/// results.json (schema turnpike-results/1): keys as in docs/results.md. Ends with a newline.
[[nodiscard]] std::string results_json(const PricedRun& run);
[[nodiscard]] std::string layers_csv(const PricedRun& run);
[[nodiscard]] std::string counts_csv(const PricedRun& run);
[[nodiscard]] std::string stats_text(const PricedRun& run);

}  // namespace turnpike::report
