#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "sim/sweep/sweep_file.hpp"

namespace turnpike::sweep {

/// What a sweep's table and files need of one point, read back from its run directory.
struct PointResult {
  PointSettings settings;
  std::string profile;
  std::string status = "missing";  ///< ok, check_failed, failed, missing
  std::string message;             ///< why it failed
  std::string totals_json = "{}";  ///< results.json "totals", as text

  // From results.json; empty unless status is ok or check_failed.
  std::string network, policy;
  int weight_bits = 0, activation_bits = 0, highway_bits = 0;
  bool highway = false;
  std::map<std::string, double> totals;     ///< by key
  std::map<std::string, double> area_um2;   ///< by component
  std::map<std::string, double> energy_pj;  ///< by component
  std::map<std::string, std::uint64_t> operations;
  double highway_energy_pj = 0.0;  ///< the highway stream's
  double highway_dram_bytes = 0.0, highway_glb_bytes = 0.0;

  [[nodiscard]] bool has_results() const { return status == "ok" || status == "check_failed"; }
};

/// Reads <directory>/results.json. FileError if it is not one of ours.
void read_point(const std::string& directory, PointResult& point);

/// The input digest a finished run directory was made from, or "" if it is not complete.
[[nodiscard]] std::string finished_digest(const std::string& directory);

/// sweep.csv: a row a point, settings then totals.
[[nodiscard]] std::string sweep_csv(const std::vector<PointResult>& points);
/// sweep.json: {schema, points: [{id, settings, profile, status, message?, totals}]}.
[[nodiscard]] std::string sweep_json(const std::vector<PointResult>& points);

}  // namespace turnpike::sweep
