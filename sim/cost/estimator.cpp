#include "sim/cost/estimator.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sim/base/error.hpp"
#include "sim/cost/class_tables.hpp"

namespace turnpike::cost {
namespace {

Figure figure_of(const Unit& unit) {
  return unit.network_data ? Figure::activity_pj : Figure::random_pj;
}

/// A psum wider than the tables reach is priced as the widest, flagged.
template <class PriceAt>
Price within_tables(const ActionRow& row, int bits, const PriceAt& price_at) {
  if (row.datum != Datum::psum || bits <= kWidestTablePsum) {
    return price_at(bits);
  }
  const Price wide{
      Picojoules{0.0}, true, {fmt::format("psum of {} bits priced as {}", bits, kWidestTablePsum)}};
  return sum(wide, price_at(kWidestTablePsum));
}

}  // namespace

Estimator::Estimator(Technology technology, double voltage, bool access_clock)
    : technology_{std::move(technology)}, voltage_{voltage}, access_clock_{access_clock} {
  const double volts = voltage / technology_.voltage();
  voltage_factor_ = volts * volts;
}

Price Estimator::energy(const Unit& unit, const ActionRow& row, const ActionKey& key) const {
  switch (unit.unit_class) {
    case UnitClass::mac:
      return mac(row, key);
    case UnitClass::register_file:
      return within_tables(row, key.bits,
                           [&](int bits) { return register_file(unit, row.work, bits); });
    case UnitClass::fifo:
      return within_tables(row, key.bits, [&](int bits) { return fifo(unit, bits); });
    case UnitClass::spad_sram:
    case UnitClass::sram:
      return memory(unit, row.work, key.bits);
    case UnitClass::wire:
      return wire(unit, key.bits);
    case UnitClass::selector:
      return selector(unit, row.work, key.bits);
    case UnitClass::requantizer:
      return requantizer(unit, row.datum, key.bits);
    case UnitClass::pe_control:
      return logic(technology_.datapath("pe_ctrl.run", kControlRowWidth), Figure::random_pj,
                   ClockPins::per_cycle);
    default:
      return gates(unit, row, key);
  }
}

Price Estimator::mac(const ActionRow& row, const ActionKey& key) const {
  const Lookup found = technology_.mac({key.bits, key.weight_bits, key.psum_bits, key.midrise});
  // The table does not split the idle energy; it is charged whole in every profile.
  return row.work == Work::gate ? logic(found, Figure::idle_pj, ClockPins::always)
                                : logic(found, Figure::activity_pj, ClockPins::per_cycle);
}

Price Estimator::register_file(const Unit& unit, Work work, int bits) const {
  const char* op = work == Work::read ? "read" : work == Work::write ? "write" : "read_write";
  return logic(technology_.register_file(op, {unit.depth, bits}), figure_of(unit),
               ClockPins::per_cycle);
}

Price Estimator::fifo(const Unit& unit, int bits) const {
  return logic(technology_.fifo({unit.depth, bits}), figure_of(unit), ClockPins::per_cycle);
}

/// A word of a spad SRAM has the datum's bits; a line of a buffer its own, and other bits cost in
/// proportion.
Price Estimator::memory(const Unit& unit, Work work, int bits) const {
  const MemoryLookup row = memory_of(technology_, unit, bits);
  double energy = work == Work::read ? row.figures.read_pj : row.figures.write_pj;
  Provenance from = row.from;
  if (unit.unit_class == UnitClass::sram) {
    from.add(fmt::format("{} {:.6g} pJ a line", work == Work::read ? "read" : "write", energy));
    if (bits != 0 && bits != unit.width) {
      energy *= static_cast<double>(bits) / unit.width;
      from.interpolated = true;
      from.add(fmt::format("{} bits: {} / {} of a line", bits, bits, unit.width));
    }
  }
  return at_voltage(energy, std::move(from));
}

Price Estimator::wire(const Unit& unit, int bits) const {
  const double millimetres = unit.taps * technology_.constant("pe_pitch_mm").value;
  const double each = technology_.constant("wire_pj_per_bit_mm").value;
  Provenance from;
  from.add(fmt::format("technology.yaml: wire of {:.4g} mm, {} bits, {} pJ per bit and mm",
                       millimetres, bits, each));
  return at_voltage(each * bits * millimetres, std::move(from));
}

/// Every selector on a bus compares its identifier; those that match cost more.
Price Estimator::selector(const Unit& unit, Work work, int bits) const {
  return work == Work::accept ? accepted(bits)
                              : repeated(logic(technology_.datapath("multicast_ctrl.miss", bits),
                                               Figure::random_pj, ClockPins::always),
                                         unit.taps);
}

/// What a hit costs beyond the miss the bus has paid. A narrow hit costs less than a miss in the
/// rows; it is charged its share, by bits, of the narrowest hit that costs more.
Price Estimator::accepted(int datum_bits) const {
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
  int bits = datum_bits;
  Price price = beyond_miss(bits);
  while (!(price.energy > Picojoules{0.0})) {
    price = beyond_miss(++bits);
  }
  if (bits != datum_bits) {
    price.energy = price.energy * (static_cast<double>(datum_bits) / bits);
    price.interpolated = true;
    price.steps.push_back(
        fmt::format("{0} / {1}: hits of fewer than {1} bits cost no more than a "
                    "miss in the rows",
                    datum_bits, bits));
  }
  return price;
}

/// From its own width to the datum's if the datum is what it makes, else from the datum's width, or
/// its own if that is wider, to its result's.
Price Estimator::requantizer(const Unit& unit, Datum datum, int bits) const {
  const bool makes = datum == Datum::result;
  const int from = makes ? unit.width : std::max(unit.width, bits);
  Lookup row =
      technology_.requant(std::min(from, kWidestTablePsum), makes ? bits : unit.result_width);
  row.from.interpolated = row.from.interpolated || from > kWidestTablePsum;
  return logic(row, figure_of(unit), ClockPins::always);
}

Price Estimator::gates(const Unit& unit, const ActionRow& row, const ActionKey& key) const {
  const LogicRow* table = logic_row(unit.unit_class);
  if (table == nullptr) {
    throw InternalError{fmt::format("a {} has no estimate", to_string(unit.unit_class))};
  }
  const std::string_view op = unit.unit_class == UnitClass::lut ? key.item.text() : "";
  return within_tables(row, key.bits, [&](int bits) {
    const int width = std::max(bits, std::min(unit.least_width, kWidestTablePsum));
    return logic(logic_at(technology_, *table, width, op), figure_of(unit), ClockPins::always);
  });
}

Price Estimator::at_voltage(double picojoules, Provenance from) const {
  if (voltage_factor_ != 1.0) {
    from.add(fmt::format("x {:.4g} for {} V", voltage_factor_, voltage_));
  }
  const Picojoules energy{picojoules * voltage_factor_};
  from.add(fmt::format("= {:.6g}", energy));
  return {energy, from.interpolated, std::move(from.steps)};
}

Price Estimator::logic(const Lookup& lookup, Figure figure, ClockPins pins) const {
  Provenance from = lookup.from;
  double energy = lookup.get(figure);
  from.add(fmt::format("{} {:.6g} pJ", column_of(figure), energy));
  if (pins == ClockPins::per_cycle && !access_clock_) {
    const double clock = lookup.get(Figure::clock_pj);
    energy -= clock;
    from.add(fmt::format("less its clock pins, {:.6g} pJ", clock));
  }
  if (!(energy > 0.0)) {
    throw InputError{{"technology " + technology_.name(), 0, 0},
                     fmt::format("no energy beyond its clock pins: {}", from.steps.front())};
  }
  return at_voltage(energy, std::move(from));
}

}  // namespace turnpike::cost
