#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sim/run/run.hpp"
#include "sim/sweep/point_result.hpp"
#include "sim/sweep/sweep_file.hpp"

namespace turnpike::sweep {

/// Whether points that run one trace compute and check its values once between them, or each.
enum class ValueChecks { once, always };

/// What is kept of each point: its run directory beside the sweep's database, or its files packed
/// in the database alone.
enum class Keep { runs, none };
/// Points up to which run directories are kept unless something else is asked for.
inline constexpr std::size_t kMostDirectories = 200;

struct SweepOptions {
  std::string config_root;
  std::optional<std::string> profile;
  std::vector<std::string> settings;  ///< --set, under every point
  std::string directory;              ///< results: a run directory a point
  int jobs = 1;                       ///< processes at once
  bool force = false;                 ///< run points again that are finished, replace what is there
  std::string version;                ///< of the program, part of each point's digest
  std::vector<std::string> arguments;
  std::string memo_file;
  std::optional<Keep> keep;                      ///< by the number of points if not given
  ValueChecks values = ValueChecks::once;        ///< the same results either way, to the byte
  std::function<void(const std::string&)> note;  ///< takes Workload::notes, each once; may be empty
};

/// How far a sweep is, for a progress line.
struct SweepProgress {
  std::size_t done = 0, total = 0, resumed = 0;
  double seconds = 0.0;       ///< since the start
  double seconds_left = 0.0;  ///< estimate
};

struct SweepOutcome {
  std::vector<PointResult> points;
  std::size_t resumed = 0;  ///< points that were finished before
  double seconds = 0.0;
  int exit_code = 0;  ///< of the worst point; 130 if interrupted
  bool interrupted = false;
  std::string unwritten;  ///< why sweep.csv or sweep.json is not there; empty if both are
  std::vector<std::string> request;  ///< what was asked for, as sweep.json keeps it
};

/// Runs the points of a sweep in processes of their own, and writes sweep.csv and sweep.json.
/// A point whose directory is whole and was made from the same inputs is not run again. A failing
/// point does not stop the others; finished ones are kept whatever happens. InputError if another
/// process sweeps into the directory, or if it holds something else (SweepDirectory).
[[nodiscard]] SweepOutcome run_sweep(const SweepFile& sweep, const SweepOptions& options,
                                     const std::function<void(const SweepProgress&)>& progress);

/// Which points are finished, nothing run.
[[nodiscard]] SweepOutcome sweep_status(const SweepFile& sweep, const SweepOptions& options);

}  // namespace turnpike::sweep
