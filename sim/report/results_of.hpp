#pragma once

#include "sim/report/priced_run.hpp"
#include "sim/report/run_figures.hpp"

namespace turnpike::report {

/// The totals of a run, each from its layers, prices and configuration.
[[nodiscard]] Totals totals_of(const PricedRun& run);

/// All that results.json states of it.
[[nodiscard]] ResultsRecord results_of(const PricedRun& run);

}  // namespace turnpike::report
