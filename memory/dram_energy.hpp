#pragma once

#include "memory/dram_device.hpp"
#include "memory/dram_request.hpp"
#include "sim/base/action_count.hpp"
#include "sim/base/inventory.hpp"

namespace turnpike::memory {

/// What a device's commands and states cost: the energies of its file, in each device of a rank. A
/// link or an ideal memory states none.
[[nodiscard]] DramPrices dram_prices(const DramDevice& device);

/// What was counted since `before`, as the vocabulary has it (docs/action_vocabulary.md): commands
/// by stream, background clocks by state. Counts of zero are left out.
[[nodiscard]] ActionCounts dram_actions(const DramCounts& counts, const DramCounts& before = {});

}  // namespace turnpike::memory
