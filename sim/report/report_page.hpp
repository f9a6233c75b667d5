#pragma once

#include <string>
#include <vector>

#include "sim/results/stored_run.hpp"

namespace turnpike::report {

/// The page of `turnpike report`: one HTML file without references to other files, which draws
/// itself from page_data() with the scripts of sim/report/page. `version` is that of the program.
[[nodiscard]] std::string report_page(const std::vector<results::StoredRun>& runs,
                                      const std::string& config_root, const std::string& version);

}  // namespace turnpike::report
