// Prices of the PE array: MAC, spads, links, FIFOs, networks.

#include <algorithm>

#include <fmt/format.h>

#include "sim/cost/cost_model.hpp"
#include "sim/cost/price_rules.hpp"

namespace turnpike::cost {
namespace {

/// A psum's width as far as the tables reach; wider ones are priced as the widest, flagged.
int table_psum(int bits, Price& price) {
  if (bits > kWidestTablePsum) {
    price.interpolated = true;
    price.steps.insert(price.steps.begin(),
                       fmt::format("psum of {} bits priced as {}", bits, kWidestTablePsum));
  }
  return std::min(bits, kWidestTablePsum);
}

bool is_psum(const ActionKey& key) {
  return key.item.starts_with("psum");
}

}  // namespace

Price CostModel::mac(const ActionKey& key) const {
  const Lookup row = technology_.mac({key.bits, key.weight_bits, key.psum_bits, key.midrise});
  if (key.action == Action::compute) {
    return logic(row, Figure::activity_pj, ClockPins::per_cycle);
  }
  if (key.action == Action::gated) {
    // The table does not split the idle energy; it is charged whole in every profile.
    return logic(row, Figure::idle_pj, ClockPins::always);
  }
  unknown_action(key);
}

Price CostModel::filter_spad(const ActionKey& key) const {
  if (key.action != Action::read && key.action != Action::write) {
    unknown_action(key);
  }
  const MemoryLookup row = technology_.filter_spad({machine_.filter_spad_words, key.bits});
  const bool read = key.action == Action::read;
  return at_voltage(read ? row.figures.read_pj : row.figures.write_pj, row.from);
}

Price CostModel::ifmap_spad(const ActionKey& key) const {
  if (key.action != Action::read && key.action != Action::write) {
    unknown_action(key);
  }
  const char* op = key.action == Action::read ? "read" : "write";
  return logic(technology_.register_file(op, {machine_.ifmap_spad_words, key.bits}),
               Figure::activity_pj, ClockPins::per_cycle);
}

Price CostModel::psum_spad(const ActionKey& key) const {
  if (key.action != Action::read && key.action != Action::write) {
    unknown_action(key);
  }
  // A write is the read-modify-write of an accumulation.
  const char* op = key.action == Action::read ? "read" : "read_write";
  Price wide;
  const int bits = table_psum(key.bits, wide);
  const Price price = logic(technology_.register_file(op, {machine_.psum_spad_words, bits}),
                            Figure::random_pj, ClockPins::per_cycle);
  return wide.interpolated ? sum(wide, price) : price;
}

Price CostModel::pe_link(const ActionKey& key) const {
  Price wide;
  const int bits = table_psum(key.bits, wide);
  Price price;
  if (key.action == Action::compute) {
    price = logic(technology_.datapath("adder.add", bits), Figure::random_pj, ClockPins::always);
  } else if (key.action == Action::write) {
    price = sum(logic(technology_.fifo({machine_.fifo_depth, bits}), Figure::random_pj,
                      ClockPins::per_cycle),
                wire(key.bits, technology_.constant("pe_pitch_mm").value));
  } else {
    unknown_action(key);
  }
  return wide.interpolated ? sum(wide, price) : price;
}

Price CostModel::pe_fifo(const ActionKey& key) const {
  if (key.action != Action::write) {
    unknown_action(key);
  }
  Price wide;
  const int bits = is_psum(key) ? table_psum(key.bits, wide) : key.bits;
  const Price price =
      logic(technology_.fifo({machine_.fifo_depth, bits}), Figure::random_pj, ClockPins::per_cycle);
  return wide.interpolated ? sum(wide, price) : price;
}

Price CostModel::pe_control(const ActionKey& key) const {
  if (key.action != Action::compute) {
    unknown_action(key);
  }
  if (!policy_.control) {
    return left_out("the policy charges no control logic");
  }
  return logic(technology_.datapath("pe_ctrl.run", kControlRowWidth), Figure::random_pj,
               ClockPins::per_cycle);
}

Price CostModel::noc(const ActionKey& key) const {
  const bool known = key.item.starts_with("filter_") || key.item.starts_with("ifmap_") ||
                     key.item.starts_with("psum_in_") || key.item.starts_with("psum_out_");
  if (key.action != Action::write || !known) {
    unknown_action(key);
  }
  const bool out = key.item.starts_with("psum_out_");
  if (key.item.ends_with("_hit") && !out) {
    return multicast_hit(key);
  }
  if (key.item.ends_with("_y") || key.item.ends_with("_x")) {
    return bus(key, key.item.ends_with("_y"), !out);
  }
  unknown_action(key);
}

Price CostModel::bus(const ActionKey& key, bool vertical, bool controllers) const {
  const int taps = vertical ? machine_.rows : machine_.columns;
  const Price line = wire(key.bits, taps * technology_.constant("pe_pitch_mm").value);
  if (!controllers) {
    return line;
  }
  // Every controller on the bus compares its identifier; those that match cost multicast_hit more.
  const Price miss = logic(technology_.datapath("multicast_ctrl.miss", key.bits), Figure::random_pj,
                           ClockPins::always);
  return sum(line, repeated(miss, taps));
}

/// What a hit costs beyond the miss the bus has paid. A narrow hit costs less than a miss in the
/// rows; it is charged its share, by bits, of the narrowest hit that costs more.
Price CostModel::multicast_hit(const ActionKey& key) const {
  const auto beyond_miss = [this](int bits) {
    Price hit = logic(technology_.datapath("multicast_ctrl.hit", bits), Figure::random_pj,
                      ClockPins::always);
    const Price miss = logic(technology_.datapath("multicast_ctrl.miss", bits), Figure::random_pj,
                             ClockPins::always);
    hit.energy = hit.energy - miss.energy;
    hit.interpolated = hit.interpolated || miss.interpolated;
    hit.steps.push_back(fmt::format("less a miss, {:.6g}, which the bus has paid: {:.6g}",
                                    miss.energy, hit.energy));
    return hit;
  };
  int bits = key.bits;
  Price price = beyond_miss(bits);
  while (!(price.energy > Picojoules{0.0})) {
    price = beyond_miss(++bits);
  }
  if (bits != key.bits) {
    price.energy = price.energy * (static_cast<double>(key.bits) / bits);
    price.interpolated = true;
    price.steps.push_back(
        fmt::format("{0} / {1}: hits of fewer than {1} bits cost no more than a "
                    "miss in the rows",
                    key.bits, bits));
  }
  return price;
}

}  // namespace turnpike::cost
