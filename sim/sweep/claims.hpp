#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/cost/area_band.hpp"
#include "sim/cost/sensitivity.hpp"
#include "sim/pricing/repricing.hpp"
#include "sim/report/paper_claims.hpp"
#include "sim/results/stored_run.hpp"
#include "sim/sweep/sweep_file.hpp"

/// What a finished sweep says about the highway, and how far each assumption moves it.
namespace turnpike::sweep {

/// A finished point of a sweep directory.
struct StoredPoint {
  PointSettings settings;
  results::StoredRun run;
};

/// True if the directory is one that `turnpike sweep` wrote.
[[nodiscard]] bool is_sweep_directory(const std::string& directory);

/// Its finished points, at prices changed by `changes`. FileError if sweep.json is missing or
/// damaged, or no point is finished.
[[nodiscard]] std::vector<StoredPoint> read_sweep_directory(const std::string& directory,
                                                            const pricing::PriceChanges& changes,
                                                            const std::string& config_root);

/// What the claims need of a run: its energy by uncertainty group, and what has no uncertainty.
struct ClaimPoint {
  int bits = 0;          ///< of weights and activations
  int highway_bits = 0;  ///< as asked for; 0: no highway
  cost::UncertainEnergies uncertain;
  double energy_uj = 0.0;
  double highway_uj = 0.0;  ///< the highway stream's own actions
  double area_mm2 = 0.0;
  cost::GroupAreas areas{};
  double cycles = 0.0;
  double dram_mbit = 0.0;
  double glb_mbit = 0.0;
  std::optional<results::MeasuredAccuracy> accuracy;
};

/// What one point gets right more than another, in points of top-1.
struct AccuracyGain {
  double points = 0.0;
  double standard_error = 0.0;  ///< as of two sets of images; on one set it is less
};
/// If both were measured.
[[nodiscard]] std::optional<AccuracyGain> accuracy_gain(const ClaimPoint& from,
                                                        const ClaimPoint& to);

[[nodiscard]] ClaimPoint claim_point(const StoredPoint& point, const pricing::PricedRun& priced);
/// Of the technology that a configuration is priced with.
[[nodiscard]] cost::AreaRanges area_ranges_of(const config::AcceleratorConfig& config,
                                              const std::string& config_root);

/// Runs that differ in precision and highway only.
struct ClaimSet {
  std::string setting;  ///< what else the sweep sets for them, "" for the base
  std::string network;
  std::vector<ClaimPoint> points;
  cost::CostPolicy policy;
  cost::AreaRanges area_ranges{};
  std::string policy_line;

  [[nodiscard]] const ClaimPoint* find(int bits, int highway_bits) const;
  /// Highway widths there are at this precision, rising.
  [[nodiscard]] std::vector<int> highway_widths(int bits) const;
};

/// The points by their settings besides precision, highway.enabled and highway.bits, in the order
/// of the sweep; points with unequal operands are left out. A point without highway that the sweep
/// does not repeat for a highway.* setting is taken from the set without it.
[[nodiscard]] std::vector<ClaimSet> claim_sets(const std::vector<StoredPoint>& points,
                                               const std::vector<std::string>& price_settings,
                                               const std::string& config_root);

/// A change in percent, with the band that the constants' uncertainty gives it.
struct Change {
  double percent = 0.0;
  cost::Band band;
};
[[nodiscard]] cost::Band area_change_band(const ClaimPoint& from, const ClaimPoint& to,
                                          const cost::AreaRanges& ranges,
                                          const cost::MonteCarlo& settings);
[[nodiscard]] Change energy_change(const ClaimPoint& from, const ClaimPoint& to,
                                   const cost::CostPolicy& policy,
                                   const cost::MonteCarlo& settings);

/// The runs a claim sets against each other; null where the set has none.
struct ClaimEnds {
  const ClaimPoint* from = nullptr;
  const ClaimPoint* to = nullptr;

  explicit operator bool() const { return from != nullptr && to != nullptr; }
};
/// `highway_bits`: of the claim about the highway.
[[nodiscard]] ClaimEnds ends_of(const ClaimSet& set, const report::PaperClaim& claim,
                                int highway_bits);

/// The paper's claims on these runs, in percent; absent if a run is missing.
struct Claims {
  std::optional<double> area, energy, highway;
};
/// `highway_bits`: of the third.
[[nodiscard]] Claims claims_of(const ClaimSet& set, int highway_bits);

/// What one assumption does to the claims, in percentage points.
struct Swing {
  std::string name;
  std::string how;   ///< "own runs", "same counts, other prices", "constants x 0.5..2"
  Claims low, high;  ///< equal but for constants, where they are the two ends of the range

  [[nodiscard]] double size() const;  ///< the larger of the energy claim's changes
};

/// Every assumption the sweep or its counts can answer, the one that moves the energy claim most
/// first: its other sets, the base at each other cost policy, each group of constants.
[[nodiscard]] std::vector<Swing> swings(const std::vector<ClaimSet>& sets,
                                        const std::vector<StoredPoint>& points, int highway_bits,
                                        const std::string& config_root);

}  // namespace turnpike::sweep
