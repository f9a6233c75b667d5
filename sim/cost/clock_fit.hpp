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

/// What the model says of a measured layer, as power over the measured total latency. The energy of
/// an access is spent whenever it happens, so it is spread over the measured time; what goes with
/// time (clock, leakage) is a power to begin with. A wrong simulated latency thus moves neither.
struct ModelledLayer {
  MeasuredLayer measured;
  Milliwatts access_only;   ///< accesses with their clock pins inside, no clock, no leakage
  Milliwatts accesses;      ///< without their clock pins
  Milliwatts leakage;       ///< and whatever else of the policy goes with time; 0 if left out
  Milliwatts clock_active;  ///< every flip-flop of the mapped PEs, each cycle
  Milliwatts clock_all;     ///< of all PEs, unmapped ones as the policy's idle_pe_clock says

  [[nodiscard]] Milliwatts ungated() const { return accesses + leakage + clock_active; }
  [[nodiscard]] Milliwatts with(double factor) const {
    return accesses + leakage + clock_all * factor;
  }
};

/// The clock factor at which the model's energy over all layers is the measured one:
///   f = sum (measured - accesses - leakage) t / sum clock_all t,  t the measured latency.
/// It is the estimator the profiles use. InputError if there is no clock energy to scale.
[[nodiscard]] double energy_factor(const std::vector<ModelledLayer>& layers);

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
