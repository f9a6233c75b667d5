#include "sim/report/power_split.hpp"

namespace turnpike::report {
namespace {

Picojoules* owner(const ActionKey& key, PowerSplit& split) {
  switch (static_cast<std::size_t>(key.component)) {
    case static_cast<std::size_t>(Component::clock):
      return key.item == "networks"  ? &split.networks
             : key.item == "buffers" ? &split.buffers
                                     : &split.array;
    case static_cast<std::size_t>(Component::noc):
    case static_cast<std::size_t>(Component::pe_fifo):
      return &split.networks;
    case static_cast<std::size_t>(Component::glb):
    case static_cast<std::size_t>(Component::glb_filter):
      return &split.buffers;
    case static_cast<std::size_t>(Component::post):
    case static_cast<std::size_t>(Component::rlc):
    case static_cast<std::size_t>(Component::controller):
    case static_cast<std::size_t>(Component::leakage):
      return &split.other;
    case static_cast<std::size_t>(Component::dram):
      return nullptr;
    default:
      return &split.array;
  }
}

}  // namespace

PowerSplit power_split(const cost::EnergyTable& table) {
  PowerSplit split;
  for (const cost::EnergyRow& row : table.rows) {
    if (Picojoules* part = owner(row.key, split)) {
      *part += row.energy;
    }
  }
  return split;
}

}  // namespace turnpike::report
