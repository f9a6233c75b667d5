#pragma once

#include <string>

#include "sim/pricing/priced_run.hpp"
#include "sim/results/counts_file.hpp"

namespace turnpike::results {

/// The texts of a run's files; run_directory.hpp writes them.

/// results.json: the fields of ResultsRecord. Ends with a newline.
[[nodiscard]] std::string results_json(const pricing::PricedRun& run);
[[nodiscard]] std::string layers_csv(const pricing::PricedRun& run);
[[nodiscard]] std::string stats_text(const pricing::PricedRun& run);

}  // namespace turnpike::results
