#pragma once

#include <array>
#include <map>
#include <string>
#include <vector>

#include "sim/accelerator/run_result.hpp"
#include "sim/config/accelerator_config.hpp"
#include "sim/report/priced_run.hpp"
#include "sim/report/run_directory.hpp"

/// Reads a run directory back: what compare, reprice, explain and sensitivity work on.
namespace turnpike::report {

/// Figures as results.json states them, with the prices of the day the run was made.
struct StoredFigures {
  std::string accelerator;
  std::string profile;
  std::string policy;
  std::map<std::string, double> totals;  ///< by key of `totals`, each in the unit of its name
  std::string totals_json;               ///< the same as results.json writes them
  std::array<double, kComponents> energy_pj{};
  std::array<double, kComponents> energy_pj_highway{};
  std::array<double, kComponents> area_um2{};

  /// One of `totals`; InternalError if there is none.
  [[nodiscard]] double total(const std::string& key) const;
};

/// What results.json holds. `result` has no counts, and the buffer traffic of its layers in bytes.
struct StoredResults {
  accelerator::RunResult result;
  StoredFigures figures;
};

/// One line of counts.csv as it was priced.
struct StoredCount {
  std::string layer;
  ActionKey key;
  std::uint64_t count = 0;
  double energy_pj = 0.0;
  bool interpolated = false;
};

/// A finished run.
///
/// `result` is what the simulation gave, from counts.csv and results.json: enough to price it again
/// and to write the same files. Not stored, and left at their defaults: dram_tck_ns, array_slots,
/// psum_bits_seen.
struct StoredRun {
  std::string directory;
  config::AcceleratorConfig config;  ///< leaves keep the origin config.resolved.yaml states
  accelerator::RunResult result;
  StoredFigures figures;
  std::vector<StoredCount> counts;  ///< in the order of counts.csv
  std::string timing;               ///< memo or reference
};

/// results.json of a run directory. FileError naming the key that is missing, damaged, or
/// contradicts the others.
[[nodiscard]] StoredResults read_results(const RunDirectory& directory);

/// FileError naming the file and the key or line if one of config.resolved.yaml, results.json,
/// counts.csv and run.json is missing, damaged, or does not belong to the others (by the digests in
/// run.json; and the buffer bytes of each layer and its MACs follow from its counts). run.json is
/// written last: a directory without it is of an unfinished run.
[[nodiscard]] StoredRun read_stored_run(const std::string& directory);

/// The run at the prices of `config`, which may differ from the run's own in what does not change
/// cycles, counts or values (cost::check_repricing).
[[nodiscard]] PricedRun price_stored_run(const StoredRun& run,
                                         const config::AcceleratorConfig& config,
                                         const std::string& config_root);

/// "16", "2x2m+16", "" back into the widths of a key: the inverse of widths_text. False if the text
/// is none.
[[nodiscard]] bool parse_widths(const std::string& text, ActionKey& key);

}  // namespace turnpike::report
