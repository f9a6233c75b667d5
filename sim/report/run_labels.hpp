#pragma once

#include <string>
#include <utility>
#include <vector>

#include "sim/results/stored_run.hpp"

/// What several runs have in common, and how one is told from the others.
namespace turnpike::report {

[[nodiscard]] bool many_networks(const std::vector<results::StoredRun>& runs);

/// "resnet18 on precision-highway"; of several networks "Turnpike: precision-highway".
[[nodiscard]] std::string page_title(const std::vector<results::StoredRun>& runs);

/// What tells a run from the others: "2 bit + 8-bit highway" where only precision and highway
/// differ, else the keys that differ with their values; the last part of the directory if none
/// does. No two are alike.
[[nodiscard]] std::vector<std::string> run_labels(const std::vector<results::StoredRun>& runs);

/// The keys by which at least two of the runs differ, with each run's values, in the order of the
/// runs. A profile stands for the `cost.*` it sets.
[[nodiscard]] std::vector<std::vector<std::pair<std::string, std::string>>> run_settings(
    const std::vector<results::StoredRun>& runs);

}  // namespace turnpike::report
