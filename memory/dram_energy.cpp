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

ActionCounts dram_actions(const DramCounts& counts) {
  ActionCounts actions;
  const auto add = [&](Action action, Stream stream, Item item, std::uint64_t count) {
    if (count > 0) {
      ActionKey key;
      key.component = Component::dram;
      key.action = action;
      key.stream = stream;
      key.item = item;
      actions[key] += count;
    }
  };
  for (const Stream stream : {Stream::low, Stream::highway}) {
    const auto s = static_cast<std::size_t>(stream);
    add(Action::activate, stream, {}, counts.activates[s]);
    add(Action::read, stream, {}, counts.reads[s]);
    add(Action::write, stream, {}, counts.writes[s]);
  }
  add(Action::refresh, Stream::low, {}, counts.refreshes);
  add(Action::background, Stream::low, "precharged", counts.clocks_precharged);
  add(Action::background, Stream::low, "active", counts.clocks_active);
  add(Action::background, Stream::low, "powerdown", counts.clocks_powerdown);
  return actions;
}

}  // namespace turnpike::memory
