#pragma once

#include "sim/cost/energy_table.hpp"

/// Who on the chip draws the power, as chips are reported: each with its own clock.
namespace turnpike::report {

/// Energies without DRAM.
struct PowerSplit {
  Picojoules array;     ///< MACs, spads, PE control and links, the PEs' clock
  Picojoules networks;  ///< buses, selectors and FIFOs, the networks' clock
  Picojoules buffers;   ///< global and filter buffer, the buffers' clock
  Picojoules other;     ///< post-processing, codecs, controller, leakage

  [[nodiscard]] Picojoules total() const { return array + networks + buffers + other; }
  [[nodiscard]] double percent(Picojoules part) const { return 100.0 * (part / total()); }
};

[[nodiscard]] PowerSplit power_split(const cost::EnergyTable& table);

}  // namespace turnpike::report
