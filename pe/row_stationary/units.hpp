#pragma once

#include <vector>

#include "sim/base/inventory.hpp"
#include "sim/config/array.hpp"
#include "sim/config/noc.hpp"
#include "sim/config/spads.hpp"

namespace turnpike::pe::row_stationary {

/// What a row-stationary array of processing elements is built of, with the networks around it.
[[nodiscard]] std::vector<Unit> units_of(const config::ArrayConfig& array,
                                         const config::SpadConfig& spads,
                                         const config::NocConfig& noc, const DatumWidths& widths);

}  // namespace turnpike::pe::row_stationary
