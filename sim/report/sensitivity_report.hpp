#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/cost/sensitivity.hpp"
#include "sim/report/text_table.hpp"
#include "sim/results/stored_run.hpp"

/// How far the constants' uncertainty and the choice of policies move a run's energy, or the change
/// between runs.
namespace turnpike::report {

/// A cost policy set otherwise, as `--set` takes it.
struct PriceVariant {
  std::string name;  ///< "leakage: out"
  std::vector<std::string> settings;
};

/// Every cost policy that is not `policy`'s, one at a time. A clock rule for a policy without a
/// clock takes the factor of profile silicon.
[[nodiscard]] std::vector<PriceVariant> price_variants(const cost::CostPolicy& policy,
                                                       const std::string& config_root);

/// The run with one cost policy set otherwise.
struct PolicyVariant {
  std::string name;                ///< "clock: none"
  std::vector<Picojoules> totals;  ///< by run
};

/// Everything about one number: the energy of a run in uJ, or the change of a later run against the
/// first in percent.
struct SensitivityOf {
  std::string what;  ///< "energy of DIR, uJ"; "DIR against BASE, % energy"
  double nominal = 0.0;
  cost::Band band;
  std::vector<cost::TornadoRow> constants;
  std::vector<std::pair<std::string, double>> policies;  ///< the number under each variant
};

struct SensitivityReport {
  std::vector<SensitivityOf> numbers;  ///< one a run; or one a later run
  cost::CostPolicy policy;             ///< whose ranges hold
  cost::MonteCarlo settings;
  std::vector<std::string> policy_lines;
};

/// With one run: its energy. With more: the change of each later one against the first, every
/// factor common to both. InputError if the runs' uncertainty ranges differ.
[[nodiscard]] SensitivityReport sensitivity_of(const std::vector<results::StoredRun>& runs,
                                               const std::string& config_root,
                                               const cost::MonteCarlo& settings);

[[nodiscard]] std::string to_text(const SensitivityReport& report, TableWidth width);
/// Schema turnpike-sensitivity/1.
[[nodiscard]] std::string to_json(const SensitivityReport& report);

}  // namespace turnpike::report
