#include "sim/cost/cost_model.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "sim/base/error.hpp"
#include "sim/cost/accelergy_table.hpp"

namespace turnpike::cost {
namespace {

/// What the technology says of its own tables' areas.
void apply_area_factor(const Technology& technology, Part& part) {
  const char* name = part.component == Component::mac           ? "mac_area"
                     : part.component == Component::filter_spad ? "filter_spad_area"
                     : part.component == Component::glb || part.component == Component::glb_filter
                         ? "buffer_area"
                         : nullptr;
  const double factor = name == nullptr ? 1.0 : technology.area_factor(name).value;
  if (factor != 1.0) {
    part.area = part.area * factor;
    part.from.add(fmt::format("x {} ({} of technology.yaml)", factor, name));
  }
}

[[noreturn]] void unknown_action(const ActionKey& key, const char* why) {
  throw InputError{{"action counts", 0, 0},
                   fmt::format("{} {} {}: {} (docs/action_vocabulary.md)", to_string(key.component),
                               to_string(key.action), key.item.text(), why)};
}

/// A command or clock of a DRAM, by the device's file.
Price of_device(double pj, const char* what) {
  const Picojoules energy{pj};
  return Price{energy, false, {fmt::format("device file: {} = {:.6g}", what, energy)}};
}

}  // namespace

CostModel::CostModel(const Technology& technology, const CostPolicy& policy, Inventory inventory)
    : policy_{policy},
      inventory_{std::move(inventory)},
      estimator_{technology, inventory_.voltage, policy.access_clock} {
  check(inventory_);
  parts_ = parts_of(technology, inventory_.units, inventory_.pes);
  if (inventory_.wide_layers && policy_.first_last_area) {
    for (Part& part : parts_of(technology, inventory_.wide_pe, inventory_.pes)) {
      part.name += " (16-bit PEs)";
      part.pe_flip_flops = 0.0;
      parts_.push_back(std::move(part));
    }
  }
  for (Part& part : parts_) {
    apply_area_factor(technology, part);
    leakage_ += part.leakage;
  }
  clocked_ = clocked_flip_flops(technology, policy_, inventory_);
  if (policy_.energy_table) {
    replace_prices(read_energy_table(*policy_.energy_table));
  }
  if (policy_.area_table) {
    replace_areas(read_area_table(*policy_.area_table));
  }
}

double CostModel::pe_flip_flops() const {
  return cost::pe_flip_flops(parts_);
}

std::vector<AreaItem> CostModel::area() const {
  std::vector<AreaItem> items;
  for (int component = 0; component < kComponents; ++component) {
    const auto replaced = replaced_areas_.find(Component{component});
    if (replaced != replaced_areas_.end()) {
      items.push_back({replaced->first,
                       std::string{to_string(replaced->first)},
                       Stream::low,
                       replaced->second,
                       false,
                       {"area table"}});
      continue;
    }
    for (const Part& part : parts_) {
      if (part.component == Component{component}) {
        items.push_back({part.component, part.name, part.stream, part.area, part.from.interpolated,
                         part.from.steps});
      }
    }
  }
  return items;
}

SquareMicrometres CostModel::total_area() const {
  SquareMicrometres sum;
  for (const AreaItem& item : area()) {
    sum += item.area;
  }
  return sum;
}

/// Null if the policy charges the action.
const char* CostModel::reason_left_out(const ActionRow& row) const {
  switch (row.paid_by) {
    case UnitClass::pe_control:
    case UnitClass::chip_control:
      return policy_.control ? nullptr : "the policy charges no control logic";
    case UnitClass::flip_flops:
      return policy_.clock == ClockRule::none ? "the policy charges no clock per cycle" : nullptr;
    case UnitClass::leakage:
      return policy_.leakage ? nullptr : "the policy charges no leakage";
    case UnitClass::dram: {
      const bool by_time = row.action == Action::refresh || row.action == Action::background;
      return by_time && !policy_.dram_background ? "the policy charges no DRAM standby or refresh"
                                                 : nullptr;
    }
    default:
      return nullptr;
  }
}

Price CostModel::price(const ActionKey& key) const {
  const ActionRow* row = find_action(key.component, key.action, key.item);
  if (row == nullptr) {
    unknown_action(key, "no such action");
  }
  const auto found = replaced_.find({key.component, key.action});
  const char* reason = reason_left_out(*row);
  Price price = reason != nullptr          ? left_out(reason)
                : found == replaced_.end() ? from_tables(*row, key)
                                           : replaced(found->second, *row, key);
  if (!(price.energy >= Picojoules{0.0})) {
    throw InputError{
        {"technology " + estimator_.technology().name(), 0, 0},
        fmt::format("no price of {}.{}: {}", to_string(key.component), to_string(key.action),
                    price.steps.empty() ? "the tables have none" : price.steps.front())};
  }
  return price;
}

/// A MAC goes with the product of its operands' widths (as a multiplier's area does), all else with
/// the bits it moves; a DRAM's read and write are bursts.
Price CostModel::replaced(const ReplacedPrice& with, const ActionRow& row,
                          const ActionKey& key) const {
  Price price = with.price;
  const bool of_dram = row.paid_by == UnitClass::dram;
  const int bits = of_dram ? (inventory_.dram ? inventory_.dram->burst_bits : 0) : key.bits;
  if (!with.access_bits || bits == 0) {
    return price;
  }
  const double here = *with.access_bits;
  const bool product = row.datum == Datum::mac;
  const double factor = product ? bits * key.weight_bits / (here * here) : bits / here;
  if (factor != 1.0) {
    price.energy = price.energy * factor;
    price.interpolated = true;
    price.steps.push_back(
        fmt::format("x {:.6g}: {}{} bits, the table's access has {} = {:.6g}", factor, bits,
                    product ? fmt::format(" x {}", key.weight_bits) : std::string{},
                    *with.access_bits, price.energy));
  }
  return price;
}

Price CostModel::from_tables(const ActionRow& row, const ActionKey& key) const {
  switch (row.paid_by) {
    case UnitClass::chip_control:
      return chip_control();
    case UnitClass::flip_flops:
      return clock(key);
    case UnitClass::leakage:
      return leakage_price();
    case UnitClass::dram:
      return dram(key);
    default:
      return of_units(row, key);
  }
}

/// What the units spend that pay for the action, in the order of the vocabulary.
Price CostModel::of_units(const ActionRow& row, const ActionKey& key) const {
  const auto of = [&](UnitClass unit_class) {
    const Unit* unit = inventory_.payer(unit_class, key.component, key.item);
    if (unit == nullptr) {
      unknown_action(key, "the machine has no unit for it");
    }
    return estimator_.energy(*unit, row, key);
  };
  const Price first = of(row.paid_by);
  return row.also_paid_by ? sum(first, of(*row.also_paid_by)) : first;
}

Price CostModel::chip_control() const {
  Provenance from;
  from.interpolated = true;
  from.add("technology.yaml: controller_pj_per_cycle (an estimate)");
  return estimator_.at_voltage(estimator_.technology().constant("controller_pj_per_cycle").value,
                               std::move(from));
}

Price CostModel::clock(const ActionKey& key) const {
  const bool share = policy_.clock == ClockRule::share;
  const bool of_pe = key.item != "networks" && key.item != "buffers";
  if (!of_pe && !share) {
    return left_out("the clock rule books it on the PEs");
  }
  const double flip_flops = of_pe                    ? clocked_.pe
                            : key.item == "networks" ? clocked_.networks
                                                     : clocked_.buffers;
  const double factor =
      share ? fitted_factor(policy_, policy_.stalled_pe_clock) : policy_.clock_factor;
  const Lookup one = estimator_.technology().flip_flop_clock();
  const double each = one.get(Figure::clock_pj);
  Provenance from = one.from;
  from.add(fmt::format("rule {}: {:.6g} flip-flops x {:.6g} pJ x factor {:.6g}",
                       to_string(policy_.clock), flip_flops, each, factor));
  double energy = flip_flops * each * factor;
  if (key.item == "gated") {
    energy *= policy_.idle_pe_clock;
    from.add(fmt::format("x {} for an unmapped PE", policy_.idle_pe_clock));
  }
  if (key.item == "stalled" && share) {
    energy *= policy_.stalled_pe_clock;
    from.add(fmt::format("x {} for a PE without a MAC", policy_.stalled_pe_clock));
  }
  return estimator_.at_voltage(energy, std::move(from));
}

Price CostModel::leakage_price() const {
  // 1 mW over a period of 1 us (1 MHz) is 1 nJ = 1000 pJ. Leakage goes with the voltage.
  const double volts = inventory_.voltage / estimator_.technology().voltage();
  const Picojoules energy{leakage_.count() * 1e3 / inventory_.clock_mhz * volts};
  return {energy,
          true,
          {fmt::format("sum over the parts: {:.4g} x {:.4g} V/V", leakage_, volts),
           fmt::format("one clock at {} MHz = {:.6g}", inventory_.clock_mhz, energy)}};
}

Price CostModel::dram(const ActionKey& key) const {
  if (!inventory_.dram) {
    throw InputError{{"action counts", 0, 0}, "there are DRAM actions but no DRAM device"};
  }
  const DramPrices& dram = *inventory_.dram;
  switch (key.action) {
    case Action::activate:
      return of_device(dram.act_pre_pj, "activate and precharge");
    case Action::read:
      return of_device(dram.read_pj_per_burst, "read burst");
    case Action::write:
      return of_device(dram.write_pj_per_burst, "write burst");
    case Action::refresh:
      return of_device(dram.refresh_pj, "refresh");
    default:
      break;
  }
  // 1 mW for 1 ns is 1 pJ.
  if (key.item == "active") {
    return of_device(dram.background_active_mw * dram.clock_ns, "a clock of active standby");
  }
  return key.item == "precharged"
             ? of_device(dram.background_precharged_mw * dram.clock_ns,
                         "a clock of precharged standby")
             : of_device(dram.background_powerdown_mw * dram.clock_ns, "a clock of power-down");
}

}  // namespace turnpike::cost
