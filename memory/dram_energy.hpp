#pragma once

#include "memory/dram_device.hpp"
#include "memory/dram_request.hpp"
#include "sim/base/action_count.hpp"
#include "sim/base/quantity.hpp"

namespace turnpike::memory {

/// What the counted commands and states of a device cost, by the device's own table.
struct DramEnergyBreakdown {
  Picojoules activate;
  Picojoules read;
  Picojoules write;
  Picojoules refresh;
  Picojoules background;

  [[nodiscard]] Picojoules dynamic() const { return activate + read + write; }
  [[nodiscard]] Picojoules total() const { return dynamic() + refresh + background; }
};

/// Counts x the table: a command costs its energy in each device of the rank, a clock of a rank the
/// background power of its state in each device. mW x ns = pJ.
[[nodiscard]] DramEnergyBreakdown dram_energy(const DramDevice& device, const DramCounts& counts);

/// The counts as the vocabulary has them (docs/action_vocabulary.md): commands by stream,
/// background clocks by state. Counts of zero are left out.
[[nodiscard]] ActionCounts dram_actions(const DramCounts& counts);

}  // namespace turnpike::memory
