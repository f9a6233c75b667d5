#pragma once

#include <string>
#include <vector>

#include "sim/results/stored_run.hpp"

namespace turnpike::report {

/// The data island of the report page: one JSON document, schema turnpike-page/3, whose keys
/// docs/results.md lists. Figures are those the runs were stored with; bands are those of
/// `turnpike sensitivity` with its default samples and seed.
[[nodiscard]] std::string page_data(const std::vector<results::StoredRun>& runs,
                                    const std::string& config_root);

}  // namespace turnpike::report
