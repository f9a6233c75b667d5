#pragma once

#include "sim/base/action_count.hpp"
#include "sim/base/inventory.hpp"
#include "sim/cost/price.hpp"
#include "sim/cost/technology.hpp"

namespace turnpike::cost {

/// What a unit spends on one count of an action, by its class: from the technology's tables, at the
/// width of the action's datum, times (V / V of the tables)^2. Classes whose energy goes with time
/// or with a device file (flip_flops, leakage, chip_control, dram) are CostModel's.
class Estimator {
 public:
  /// `access_clock`: an access pays for the clock pins of what is clocked by the cycle, too.
  Estimator(Technology technology, double voltage, bool access_clock);

  /// InternalError for a class without an estimate.
  [[nodiscard]] Price energy(const Unit& unit, const ActionRow& row, const ActionKey& key) const;
  [[nodiscard]] Price at_voltage(double picojoules, Provenance from) const;
  [[nodiscard]] const Technology& technology() const { return technology_; }

 private:
  enum class ClockPins { per_cycle, always };  ///< who pays for them besides the access

  [[nodiscard]] Price mac(const ActionRow& row, const ActionKey& key) const;
  [[nodiscard]] Price register_file(const Unit& unit, Work work, int bits) const;
  [[nodiscard]] Price fifo(const Unit& unit, int bits) const;
  [[nodiscard]] Price memory(const Unit& unit, Work work, int bits) const;
  [[nodiscard]] Price wire(const Unit& unit, int bits) const;
  [[nodiscard]] Price selector(const Unit& unit, Work work, int bits) const;
  [[nodiscard]] Price accepted(int bits) const;
  [[nodiscard]] Price requantizer(const Unit& unit, Datum datum, int bits) const;
  [[nodiscard]] Price gates(const Unit& unit, const ActionRow& row, const ActionKey& key) const;
  [[nodiscard]] Price logic(const Lookup& lookup, Figure figure, ClockPins pins) const;

  Technology technology_;
  double voltage_ = 1.0;
  double voltage_factor_ = 1.0;
  bool access_clock_ = false;
};

}  // namespace turnpike::cost
