#pragma once

#include "dataflow/action_prices.hpp"
#include "memory/dram_device.hpp"
#include "pe/pass_memo.hpp"

namespace turnpike::accelerator {

/// What choosing mappings takes beside the machine itself. They must outlive their use.
struct PlanningAids {
  const dataflow::ActionPrices* prices = nullptr;  ///< null: dataflow::RelativePrices
  pe::PassMemo* passes = nullptr;                  ///< null: nothing is known and nothing kept
  const memory::DramDevice* dram = nullptr;        ///< null: a memory that answers at once
};

}  // namespace turnpike::accelerator
