#pragma once

#include <map>
#include <string>
#include <vector>

#include "sim/cost/cost_model.hpp"

namespace turnpike::cost {

/// Reads an Accelergy energy reference table (ERT.yaml, versions 0.3 and 0.4) as prices.
///
/// A table's name counts from its last dot; its ranges say the instances: "top.mac[1..168]" and
/// "top.PE[0..167].mac" are mac, 168 of them. Components: mac; ifmap_spad; weights_spad or
/// filter_spad; psum_spad; shared_glb, global_buffer or glb; weights_glb or glb_filter; DRAM; or
/// any name of Component. Actions: read, write (update is the same if there is no write), compute,
/// gated, idle, and leak, which is summed over the instances to leakage.background; of version 0.3
/// mac_random (compute) and mac_gated (gated), mac_reused has no counterpart, and where
/// address_delta and data_delta tell energies of an action apart, that of both 1. A psum_spad write
/// is a read-modify-write here: read + write. What the file does not name keeps the technology's
/// price.
///
/// An energy stands for an access of as many bits as `turnpike: {access_bits: {COMPONENT: bits}}`
/// beside ERT says, and is scaled to the accesses of the run: a MAC by the product of its operands'
/// widths, all else by its bits, of which a DRAM burst has the device's. Without it the energy is
/// that of one access as counts.csv counts it, whatever its bits: a MAC, a line of a buffer, a
/// value of a spad, a burst of the DRAM (unscaled_components).
///
/// InputError for an unknown component or action, a read, write or compute that costs nothing, a
/// DRAM that leaks (its standby is counted by state), or an action whose energy depends on other
/// arguments.
[[nodiscard]] PriceTable read_energy_table(const std::string& path);

/// The components of a table whose energies are taken whatever the bits of an access.
[[nodiscard]] std::vector<Component> unscaled_components(const PriceTable& prices);

/// Reads an Accelergy area reference table (ART.yaml): um2 of all instances by component.
[[nodiscard]] std::map<Component, SquareMicrometres> read_area_table(const std::string& path);

}  // namespace turnpike::cost
