#pragma once

#include <string>
#include <vector>

#include "sim/report/text_table.hpp"
#include "sim/sweep/claims.hpp"

namespace turnpike::sweep {

/// Energy the highway adds at one precision and width.
struct Overhead {
  std::string setting;
  int bits = 0;
  int highway_bits = 0;
  double added_uj = 0.0;   ///< energy with less energy without
  double stream_uj = 0.0;  ///< of the highway's own actions; the rest is other data, other zeros
  double dram_mbit = 0.0;
  double glb_mbit = 0.0;
  double area_percent = 0.0;
  double cycles_percent = 0.0;
  Change energy;
  std::optional<AccuracyGain> accuracy;  ///< if the sweep names a data set
};

/// "The highway costs less than `percent` up to h = `up_to`": the widest highway of the sweep such
/// that it and every narrower one add at most that much; 0 if none does. `all` if the sweep has no
/// wider one.
struct WidthLimit {
  int bits = 0;
  double percent = 0.0;
  int up_to = 0;
  bool all = false;
};

/// k bits with highway against another precision without.
struct Alternative {
  int bits = 0;
  int highway_bits = 0;
  int against = 0;
  double area_percent = 0.0;
  double cycles_percent = 0.0;
  Change energy;
  std::optional<AccuracyGain> accuracy;  ///< if the sweep names a data set
};

/// A paper's claim beside ours.
struct ClaimRow {
  std::string what;
  double paper = 0.0;
  double ours = 0.0;
  std::optional<cost::Band> band;
};

struct ClaimsReport {
  std::string network;
  std::vector<ClaimRow> claims;
  std::vector<Overhead> overheads;
  std::vector<WidthLimit> limits;
  std::vector<Alternative> alternatives;
  std::vector<Swing> swings;         ///< empty unless 16 and 3 bit runs are there
  std::vector<std::string> missing;  ///< parts without an answer, and the points they need
  int highway_bits = 8;              ///< of the claim and the swings
  std::string policy;
  cost::MonteCarlo settings;
};

/// InputError, saying which points would be needed, if the sweep answers no part at all.
[[nodiscard]] ClaimsReport claims_report(const std::vector<StoredPoint>& points,
                                         const cost::MonteCarlo& settings,
                                         const std::string& config_root);

[[nodiscard]] std::string to_text(const ClaimsReport& report, report::TableWidth width);
/// Schema turnpike-claims/1.
[[nodiscard]] std::string to_json(const ClaimsReport& report);

}  // namespace turnpike::sweep
