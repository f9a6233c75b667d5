#pragma once

#include <map>
#include <string>

#include "sim/cost/cost_model.hpp"

namespace turnpike::cost {

/// Reads an Accelergy energy reference table (ERT.yaml, versions 0.3 and 0.4) as prices.
///
/// A table's name counts from its last dot to its range of instances:
/// "system_top_level.mac[1..168]" is mac, 168 of them. Components: mac; ifmap_spad; weights_spad or
/// filter_spad; psum_spad; shared_glb, global_buffer or glb; weights_glb or glb_filter; DRAM; or
/// any name of Component. Actions: read, write (update is the same if there is no write), compute,
/// and leak, which is summed over the instances to leakage.background. A psum_spad write is a
/// read-modify-write here: read + write. Energies are pJ of one access as counts.csv counts it: a
/// line of a buffer, a value of a spad, a burst of the DRAM. What the file does not name keeps the
/// technology's price.
///
/// InputError for an unknown component or action, a DRAM that leaks (its standby is counted by
/// state), or an action whose energy depends on arguments.
[[nodiscard]] PriceTable read_energy_table(const std::string& path);

/// Reads an Accelergy area reference table (ART.yaml): um2 of all instances by component.
[[nodiscard]] std::map<Component, SquareMicrometres> read_area_table(const std::string& path);

}  // namespace turnpike::cost
