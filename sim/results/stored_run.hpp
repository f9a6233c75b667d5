#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/accelerator/run_result.hpp"
#include "sim/config/accelerator_config.hpp"
#include "sim/pricing/priced_run.hpp"
#include "sim/results/counts_file.hpp"
#include "sim/results/run_directory.hpp"
#include "sim/results/run_figures.hpp"

/// Reads a run directory back: what compare, reprice, explain and sensitivity work on.
namespace turnpike::results {

/// What a network gets right as a machine quantizes it.
struct MeasuredAccuracy {
  double top1 = 0.0;            ///< share of the images
  double standard_error = 0.0;  ///< of it
  std::int64_t images = 0;
};
/// Of the sweep whose point `directory` is, if that named a data set.
[[nodiscard]] std::optional<MeasuredAccuracy> accuracy_beside(const std::string& directory);

/// A finished run.
///
/// `result` is what the simulation gave, from counts.csv and results.json: enough to price it again
/// and to write the same files. Not stored, and left at their defaults: dram_tck_ns, array_slots,
/// psum_bits_seen.
struct StoredRun {
  std::string directory;
  config::AcceleratorConfig config;  ///< leaves keep the origin config.resolved.yaml states
  accelerator::RunResult result;
  RunFigures figures;                        ///< at the prices of the day the run was made
  std::vector<StoredCount> counts;           ///< in the order of counts.csv
  std::string timing;                        ///< memo or reference
  std::optional<MeasuredAccuracy> accuracy;  ///< of a point of a sweep with a data set
};

/// results.json of a run directory. FileError naming the key that is missing, damaged, or
/// contradicts the others.
[[nodiscard]] ResultsRecord read_results(const RunDirectory& directory);

/// FileError naming the file and the key or line if one of config.resolved.yaml, results.json,
/// counts.csv and run.json is missing, damaged, or does not belong to the others (by the digests in
/// run.json; and the buffer bytes of each layer and its MACs follow from its counts). run.json is
/// written last: a directory without it is of an unfinished run.
[[nodiscard]] StoredRun read_stored_run(const std::string& directory);

/// The run at the prices of `config`, which may differ from the run's own in what does not change
/// cycles, counts or values (cost::check_repricing).
[[nodiscard]] pricing::PricedRun price_stored_run(const StoredRun& run,
                                                  const config::AcceleratorConfig& config,
                                                  const std::string& config_root);

}  // namespace turnpike::results
