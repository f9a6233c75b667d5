#pragma once

#include <string>
#include <vector>

#include "sim/base/error.hpp"
#include "sim/cost/provenance.hpp"

namespace turnpike::cost {

/// One layer of a measured chip: its average power over its total latency (waits included).
struct MeasuredLayer {
  std::string layer;
  Milliwatts power;
  double total_ms = 0.0;
  double macs_millions = 0.0;  ///< 0: the table does not say
  SourceSpot spot;
};

/// Reads a table of measured power (CSV): columns `layer`, `power_mW` and `total_latency_ms`, and
/// `macs_exact_M` if the file has it; others are not read. A row whose layer is "total" in any case
/// is the file's own sum and not read. FileError for a missing column, a row given twice, a figure
/// that is not above zero, or a table without layers.
[[nodiscard]] std::vector<MeasuredLayer> read_measured_power(const std::string& path);

/// Clock power of a layer at factor 1. Of mapped PEs there are as many as in the run, for the
/// measured time; those with a MAC are the run's MAC slots, the rest of them are stalled.
struct ModelledClock {
  Milliwatts busy;      ///< PEs with a MAC
  Milliwatts stalled;   ///< mapped PEs without one, were they clocked like those with one
  Milliwatts idle;      ///< unmapped PEs, as the policy's idle_pe_clock says
  Milliwatts networks;  ///< 0 under the rules that book it on the PEs
  Milliwatts buffers;

  [[nodiscard]] Milliwatts with(double stalled_pe_clock) const {
    return busy + stalled * stalled_pe_clock + idle + networks + buffers;
  }
};

/// What the model says of a measured layer, as power over the measured total latency. The energy of
/// an access is spent whenever it happens, so it is spread over the measured time; what goes with
/// time (clock, leakage) is a power to begin with. A wrong simulated latency thus moves neither.
struct ModelledLayer {
  MeasuredLayer measured;
  Milliwatts access_only;  ///< accesses with their clock pins inside, no clock, no leakage
  Milliwatts ungated;      ///< accesses, and every flip-flop of the mapped PEs each cycle
  Milliwatts accesses;     ///< with their clock pins if the policy says so
  Milliwatts leakage;      ///< and whatever else of the policy goes with time; 0 if left out
  ModelledClock clock;
  double stalled_pe_clock = 1.0;  ///< of the policy; 1 under the rules without

  [[nodiscard]] Milliwatts clock_at_one() const { return clock.with(stalled_pe_clock); }
  [[nodiscard]] Milliwatts with(double factor) const {
    return accesses + leakage + clock_at_one() * factor;
  }
};

/// The clock factor at which the model's energy over all layers is the measured one:
///   f = sum (measured - accesses - leakage) t / sum clock t,  t the measured latency.
/// It is the estimator the profiles use. InputError if there is no clock energy to scale.
[[nodiscard]] double energy_factor(const std::vector<ModelledLayer>& layers);

/// Part that stalled PEs have of the layers' clock energy, were they clocked like busy ones: with
/// it follows the factor of any other stalled_pe_clock (fitted_factor).
[[nodiscard]] double stalled_share(const std::vector<ModelledLayer>& layers);

/// The clock factor with the least sum of squared errors in mW, each layer alike.
[[nodiscard]] double least_squares_factor(const std::vector<ModelledLayer>& layers);

/// Absolute errors of the layers in percent of the measured power.
struct FitErrors {
  double mean = 0.0;
  double worst = 0.0;
};
[[nodiscard]] double error_percent(const ModelledLayer& layer, double factor);
[[nodiscard]] FitErrors errors_at(const std::vector<ModelledLayer>& layers, double factor);

}  // namespace turnpike::cost
