#include "memory/dram_energy.hpp"

namespace turnpike::memory {

DramPrices dram_prices(const DramDevice& device) {
  const double devices = device.organisation.devices_per_rank;
  const double burst_bits = static_cast<double>(device.burst_bytes()) * 8.0;
  DramPrices prices;
  prices.act_pre_pj = device.energy.act_pre_pj * devices;
  prices.read_pj_per_burst = device.energy.read_pj_per_bit * burst_bits;
  prices.write_pj_per_burst = device.energy.write_pj_per_bit * burst_bits;
  prices.refresh_pj = device.energy.refresh_pj * devices;
  prices.background_precharged_mw = device.energy.background_precharged_mw * devices;
  prices.background_active_mw = device.energy.background_active_mw * devices;
  prices.background_powerdown_mw = device.energy.background_powerdown_mw * devices;
  prices.clock_ns = device.tck_ns;
  prices.burst_bits = static_cast<int>(device.burst_bytes() * 8);
  return prices;
}

ActionCounts dram_actions(const DramCounts& counts, const DramCounts& before) {
  ActionCounts actions;
  const auto add = [&](KnownAction action, std::uint64_t count, Stream stream = Stream::low) {
    if (count > 0) {
      actions[key_of(action, 0, stream)] += count;
    }
  };
  constexpr Component kDram = Component::dram;
  for (const Stream stream : {Stream::low, Stream::highway}) {
    const auto s = static_cast<std::size_t>(stream);
    add({kDram, Action::activate}, counts.activates[s] - before.activates[s], stream);
    add({kDram, Action::read}, counts.reads[s] - before.reads[s], stream);
    add({kDram, Action::write}, counts.writes[s] - before.writes[s], stream);
  }
  add({kDram, Action::refresh}, counts.refreshes - before.refreshes);
  add({kDram, Action::background, "precharged"},
      counts.clocks_precharged - before.clocks_precharged);
  add({kDram, Action::background, "active"}, counts.clocks_active - before.clocks_active);
  add({kDram, Action::background, "powerdown"}, counts.clocks_powerdown - before.clocks_powerdown);
  return actions;
}

}  // namespace turnpike::memory
