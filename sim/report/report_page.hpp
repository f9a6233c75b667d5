#pragma once

#include <string>
#include <vector>

#include "sim/report/stored_run.hpp"

/// One page that shows stored runs: `turnpike report`.
namespace turnpike::report {

/// The data island of the page (schema turnpike-page/1): of each run its label, the settings by
/// which the runs differ, totals, area, energy and highway energy by component, layers, residency,
/// policy, checks, and which other run is the same machine without highway. Figures are those the
/// runs were stored with.
[[nodiscard]] std::string page_data(const std::vector<StoredRun>& runs);

/// The page: one HTML file without references to other files, which draws itself from page_data()
/// with the script sim/report/page/bundle.js. `version` is that of the program.
[[nodiscard]] std::string report_page(const std::vector<StoredRun>& runs,
                                      const std::string& version);

/// What tells a run from the others: "2 bit + 8-bit highway" where only precision and highway
/// differ, else the keys that differ with their values; the last part of the directory if none
/// does.
[[nodiscard]] std::vector<std::string> run_labels(const std::vector<StoredRun>& runs);

}  // namespace turnpike::report
