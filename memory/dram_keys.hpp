#pragma once

#include <vector>

#include "sim/config/key.hpp"

namespace turnpike::memory {

/// Every key of a device's file, in the order of the documentation: the rows read_dram_device reads
/// by.
[[nodiscard]] std::vector<config::KeyRow> dram_keys();

}  // namespace turnpike::memory
