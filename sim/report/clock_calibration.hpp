#pragma once

#include <string>
#include <vector>

#include "sim/cost/clock_fit.hpp"
#include "sim/pricing/priced_run.hpp"
#include "sim/report/text_table.hpp"

/// The one factor fitted to silicon: how much of the flip-flops' clock energy a real chip spends.
namespace turnpike::report {

struct ClockCalibration {
  std::vector<cost::ModelledLayer> layers;  ///< in the order of the measured table
  double factor = 0.0;                      ///< cost::energy_factor
  double least_squares = 0.0;
  double stored = 0.0;  ///< cost.clock_factor of the run's policy
  std::string policy;   ///< the policy line
};

/// Compares a run of the measured layers with their power. The counts are priced three times: with
/// the clock pins inside accesses, with every flip-flop of mapped PEs clocked, and with those of
/// all PEs as the run's policy counts them, each at factor 1.
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
