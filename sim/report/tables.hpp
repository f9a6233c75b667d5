#pragma once

#include <string>

#include "sim/accelerator/stage.hpp"
#include "sim/pricing/priced_run.hpp"
#include "sim/report/text_table.hpp"
#include "traces/trace.hpp"

/// Tables for the terminal. Each ends with the policy line.
namespace turnpike::report {

/// One run: layers, then energy and area by component, totals, checks. At standard width a layer
/// has its mapping, cycles, what bounds and stalls it, energy and DRAM traffic; wide, all there is.
[[nodiscard]] std::string run_table(const pricing::PricedRun& run, TableWidth width);

/// Mappings of every array layer and where every stored tensor lies, nothing simulated.
[[nodiscard]] std::string plan_table(const traces::Trace& trace,
                                     const config::AcceleratorConfig& config,
                                     const accelerator::Plan& plan, TableWidth width);

/// Area by component and part.
[[nodiscard]] std::string area_table(const config::AcceleratorConfig& config,
                                     const std::string& policy,
                                     const std::vector<cost::AreaItem>& area);

/// Names of the checks that failed, with the first difference.
[[nodiscard]] std::string failed_checks(const pricing::PricedRun& run);

}  // namespace turnpike::report
