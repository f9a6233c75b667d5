#pragma once

#include "sim/pricing/priced_run.hpp"
#include "sim/results/run_figures.hpp"

namespace turnpike::results {

/// The totals of a run, each from its layers, prices and configuration.
[[nodiscard]] Totals totals_of(const pricing::PricedRun& run);

/// All that results.json states of it.
[[nodiscard]] ResultsRecord results_of(const pricing::PricedRun& run);

}  // namespace turnpike::results
