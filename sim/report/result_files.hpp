#pragma once

#include <string>

#include "sim/report/counts_file.hpp"
#include "sim/report/priced_run.hpp"

namespace turnpike::report {

/// The texts of a run's files; run_directory.hpp writes them.

/// results.json: the fields of ResultsRecord. Ends with a newline.
[[nodiscard]] std::string results_json(const PricedRun& run);
[[nodiscard]] std::string layers_csv(const PricedRun& run);
[[nodiscard]] std::string stats_text(const PricedRun& run);

}  // namespace turnpike::report
