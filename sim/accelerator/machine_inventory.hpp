#pragma once

#include "sim/base/inventory.hpp"
#include "sim/config/accelerator_config.hpp"

namespace turnpike::accelerator {

/// What of a machine's structure the network decides that runs on it.
struct MachineUse {
  DatumWidths widths;
  int highway_bits = 0;           ///< 0: no highway
  bool elementwise_unit = false;  ///< sigmoid, tanh and a multiplier per lane (LSTM, GRU)
};

/// What the accelerator of a configuration is built of, beside the memory behind it. InputError for
/// a highway narrower than 4 or wider than 32 bits.
[[nodiscard]] Inventory machine_inventory(const config::AcceleratorConfig& config,
                                          const MachineUse& use);

}  // namespace turnpike::accelerator
