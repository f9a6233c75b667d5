#include "memory/dram_energy.hpp"

namespace turnpike::memory {

DramEnergyBreakdown dram_energy(const DramDevice& device, const DramCounts& counts) {
  if (device.kind != DramKind::dram) {
    return {};
  }
  const DramEnergy& e = device.energy;
  const double devices = device.organisation.devices_per_rank;
  const auto bits = static_cast<double>(device.burst_bytes() * 8);
  const auto sum = [](const std::array<std::uint64_t, 2>& streams) {
    return static_cast<double>(streams[0] + streams[1]);
  };
  const double background_mw_clocks =
      static_cast<double>(counts.clocks_precharged) * e.background_precharged_mw +
      static_cast<double>(counts.clocks_active) * e.background_active_mw +
      static_cast<double>(counts.clocks_powerdown) * e.background_powerdown_mw;
  return {.activate = Picojoules{sum(counts.activates) * e.act_pre_pj * devices},
          .read = Picojoules{sum(counts.reads) * e.read_pj_per_bit * bits},
          .write = Picojoules{sum(counts.writes) * e.write_pj_per_bit * bits},
          .refresh = Picojoules{static_cast<double>(counts.refreshes) * e.refresh_pj * devices},
          .background = Picojoules{background_mw_clocks * device.tck_ns * devices}};
}

}  // namespace turnpike::memory
