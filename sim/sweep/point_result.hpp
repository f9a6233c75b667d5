#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/results/run_directory.hpp"
#include "sim/results/run_figures.hpp"
#include "sim/run/accuracy.hpp"
#include "sim/sweep/sweep_file.hpp"

namespace turnpike::sweep {

/// How the message of a killed point begins.
inline constexpr const char* kKilledBy = "killed by signal ";

/// What a sweep's table and files need of one point, read back from its run directory.
struct PointResult {
  PointSettings settings;
  std::string profile;
  std::string status = "missing";  ///< ok, check_failed, failed, killed, missing
  std::string message;             ///< why it failed

  // From results.json; empty unless status is ok or check_failed.
  std::string network, policy;
  int weight_bits = 0, activation_bits = 0, highway_bits = 0;
  bool highway = false;
  results::Totals totals;
  results::ComponentAreas area_um2;
  results::ComponentFigures energy_pj;
  accelerator::OperationCounts operations;
  std::optional<AccuracyFigure> accuracy;  ///< if the sweep names a data set
  double highway_energy_pj = 0.0;          ///< the highway stream's
  double highway_dram_bytes = 0.0, highway_glb_bytes = 0.0;

  [[nodiscard]] bool has_results() const { return status == "ok" || status == "check_failed"; }
};

/// Fills in what results.json says; the status is ok or check_failed, as the checks of the run came
/// out. FileError if it is not one of ours.
void read_point(const results::RunDirectory& directory, PointResult& point);

/// sweep.csv: a row a point: settings, totals in the order of their names, energy of the highway's
/// own actions, what the highway adds to the energy of the same point without it, energy by
/// component, and why a point failed.
[[nodiscard]] std::string sweep_csv(const std::vector<PointResult>& points);
/// sweep.json: {schema, request?, points: [{id, settings, profile, status, message?, totals}]}.
[[nodiscard]] std::string sweep_json(const std::vector<PointResult>& points,
                                     const std::vector<std::string>& request = {});

}  // namespace turnpike::sweep
