#pragma once

#include <string>
#include <vector>

#include "sim/cost/clock_fit.hpp"
#include "sim/pricing/priced_run.hpp"
#include "sim/report/power_split.hpp"
#include "sim/report/text_table.hpp"

/// The one factor fitted to silicon: how much of the flip-flops' clock energy a real chip spends.
namespace turnpike::report {

struct ClockCalibration {
  std::vector<cost::ModelledLayer> layers;  ///< in the order of the measured table
  double factor = 0.0;         ///< cost::energy_factor, at the policy's stalled_pe_clock
  double factor_at_one = 0.0;  ///< were stalled PEs clocked like busy ones: cost.clock_factor
  double stalled_share = 0.0;  ///< cost.fit_stalled_share
  double least_squares = 0.0;
  double stored = 0.0;      ///< the factor the run's policy prices with
  bool parameters = false;  ///< its rule is `share`
  double stalled_pe_clock = 1.0;
  PowerSplit split;    ///< of the run, at the stored factor
  std::string policy;  ///< the policy line
};

/// Compares a run of the measured layers with their power. The counts are priced three times: with
/// the clock pins inside accesses and no other clock, with every flip-flop of mapped PEs clocked,
/// and by the run's policy at factor 1 with stalled PEs like busy ones.
///
/// InputError if the policy charges no clock, a measured layer is not in the run, or its MACs
/// differ by more than 0.1 % (another shape or batch).
[[nodiscard]] ClockCalibration calibrate_clock(const pricing::PricedRun& run,
                                               const std::vector<cost::MeasuredLayer>& measured,
                                               const std::string& config_root);

[[nodiscard]] std::string to_text(const ClockCalibration& calibration, TableWidth width);
/// Schema turnpike-calibration/1.
[[nodiscard]] std::string to_json(const ClockCalibration& calibration);

}  // namespace turnpike::report
