#include "sim/cost/cost_model.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "sim/base/error.hpp"
#include "sim/cost/accelergy_table.hpp"
#include "sim/cost/price_rules.hpp"

namespace turnpike::cost {
namespace {

/// The policy's number of clocked flip-flops in a PE.
double clocked(const Technology& technology, const CostPolicy& policy,
               const MachineStructure& machine) {
  switch (policy.clock) {
    case ClockRule::none:
      return 0.0;
    case ClockRule::flip_flops:
      return pe_flip_flops(pe_parts(technology, machine));
    case ClockRule::constant:
      return pe_flip_flops(pe_parts(technology, as_16_bit(machine)));
    case ClockRule::proportional: {
      const int bits = std::max(machine.weight_bits, machine.activation_bits);
      return pe_flip_flops(pe_parts(technology, as_16_bit(machine))) * bits / 16.0;
    }
  }
  throw InternalError{"a clock rule without a meaning"};
}

}  // namespace

CostModel::CostModel(const Technology& technology, const CostPolicy& policy,
                     const MachineStructure& machine)
    : technology_{technology}, policy_{policy}, machine_{machine} {
  check(machine_);
  const double volts = machine_.voltage / technology_.voltage();
  voltage_factor_ = volts * volts;
  parts_ = pe_parts(technology_, machine_);
  for (Part& part : chip_parts(technology_, machine_)) {
    parts_.push_back(std::move(part));
  }
  if (machine_.native16_layers && policy_.first_last_area) {
    for (Part& part : pe_parts(technology_, as_16_bit(machine_))) {
      part.name += " (16-bit PEs)";
      part.pe_flip_flops = 0.0;
      parts_.push_back(std::move(part));
    }
  }
  for (const Part& part : parts_) {
    leakage_ += part.leakage;
  }
  clocked_flip_flops_ = clocked(technology_, policy_, machine_);
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
    const auto replaced = replaced_areas_.find(static_cast<Component>(component));
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
      if (static_cast<int>(part.component) == component) {
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

bool CostModel::leaves_out(const ActionKey& key) const {
  switch (key.component) {
    case Component::pe_control:
    case Component::controller:
      return !policy_.control;
    case Component::clock:
      return policy_.clock == ClockRule::none;
    case Component::leakage:
      return !policy_.leakage;
    case Component::dram:
      return !policy_.dram_background &&
             (key.action == Action::refresh || key.action == Action::background);
    default:
      return false;
  }
}

Price CostModel::price(const ActionKey& key) const {
  const auto found = replaced_.find({key.component, key.action});
  Price price =
      found == replaced_.end() || leaves_out(key) ? from_tables(key) : replaced(found->second, key);
  if (!(price.energy >= Picojoules{0.0})) {
    throw InputError{
        {"technology " + technology_.name(), 0, 0},
        fmt::format("no price of {}.{}: {}", to_string(key.component), to_string(key.action),
                    price.steps.empty() ? "the tables have none" : price.steps.front())};
  }
  return price;
}

/// A MAC goes with the product of its operands' widths (as a multiplier's area does), all else with
/// the bits it moves; a DRAM's read and write are bursts.
Price CostModel::replaced(const ReplacedPrice& with, const ActionKey& key) const {
  Price price = with.price;
  const int bits = key.component == Component::dram ? burst_bits() : key.bits;
  if (!with.access_bits || bits == 0) {
    return price;
  }
  const double here = *with.access_bits;
  const double factor =
      key.component == Component::mac ? bits * key.weight_bits / (here * here) : bits / here;
  if (factor != 1.0) {
    price.energy = price.energy * factor;
    price.interpolated = true;
    price.steps.push_back(fmt::format(
        "x {:.6g}: {}{} bits, the table's access has {} = {:.6g}", factor, bits,
        key.component == Component::mac ? fmt::format(" x {}", key.weight_bits) : std::string{},
        *with.access_bits, price.energy));
  }
  return price;
}

int CostModel::burst_bits() const {
  return machine_.dram ? machine_.dram->burst_bits : 0;
}

Price CostModel::from_tables(const ActionKey& key) const {
  switch (key.component) {
    case Component::mac:
    case Component::filter_spad:
    case Component::ifmap_spad:
    case Component::psum_spad:
    case Component::pe_link:
    case Component::pe_fifo:
    case Component::pe_control:
    case Component::noc:
      return array_price(key);
    default:
      return chip_price(key);
  }
}

Price CostModel::array_price(const ActionKey& key) const {
  switch (key.component) {
    case Component::mac:
      return mac(key);
    case Component::filter_spad:
      return filter_spad(key);
    case Component::ifmap_spad:
      return ifmap_spad(key);
    case Component::psum_spad:
      return psum_spad(key);
    case Component::pe_link:
      return pe_link(key);
    case Component::pe_fifo:
      return pe_fifo(key);
    case Component::pe_control:
      return pe_control(key);
    default:
      return noc(key);
  }
}

Price CostModel::chip_price(const ActionKey& key) const {
  switch (key.component) {
    case Component::glb:
    case Component::glb_filter:
      return memory(key);
    case Component::post:
      return post(key);
    case Component::rlc:
      return rlc(key);
    case Component::controller:
      return controller(key);
    case Component::clock:
      return clock(key);
    case Component::leakage:
      return leakage_price(key);
    default:
      return dram(key);
  }
}

Price CostModel::at_voltage(double picojoules, Provenance from) const {
  if (voltage_factor_ != 1.0) {
    from.add(fmt::format("x {:.4g} for {} V", voltage_factor_, machine_.voltage));
  }
  const Picojoules energy{picojoules * voltage_factor_};
  from.add(fmt::format("= {:.6g}", energy));
  return {energy, from.interpolated, std::move(from.steps)};
}

Price CostModel::logic(const Lookup& lookup, Figure figure, ClockPins pins) const {
  Provenance from = lookup.from;
  double energy = lookup.get(figure);
  from.add(fmt::format("{} {:.6g} pJ", column_of(figure), energy));
  if (pins == ClockPins::per_cycle && !policy_.access_clock) {
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

Price CostModel::wire(int bits, double millimetres) const {
  const double each = technology_.constant("wire_pj_per_bit_mm").value;
  Provenance from;
  from.add(fmt::format("technology.yaml: wire of {:.4g} mm, {} bits, {} pJ per bit and mm",
                       millimetres, bits, each));
  return at_voltage(each * bits * millimetres, std::move(from));
}

Price CostModel::controller(const ActionKey& key) const {
  if (key.action != Action::background) {
    unknown_action(key);
  }
  if (!policy_.control) {
    return left_out("the policy charges no control logic");
  }
  Provenance from;
  from.interpolated = true;
  from.add("technology.yaml: controller_pj_per_cycle (an estimate)");
  return at_voltage(technology_.constant("controller_pj_per_cycle").value, std::move(from));
}

Price CostModel::clock(const ActionKey& key) const {
  if (key.action != Action::background || (key.item != "active" && key.item != "gated")) {
    unknown_action(key);
  }
  if (policy_.clock == ClockRule::none) {
    return left_out("the policy charges no clock per cycle");
  }
  const Lookup one = technology_.flip_flop_clock();
  const double each = one.get(Figure::clock_pj);
  Provenance from = one.from;
  from.add(fmt::format("rule {}: {:.6g} flip-flops x {:.6g} pJ x factor {}",
                       to_string(policy_.clock), clocked_flip_flops_, each, policy_.clock_factor));
  double energy = clocked_flip_flops_ * each * policy_.clock_factor;
  if (key.item == "gated") {
    energy *= policy_.idle_pe_clock;
    from.add(fmt::format("x {} for an unmapped PE", policy_.idle_pe_clock));
  }
  return at_voltage(energy, std::move(from));
}

Price CostModel::leakage_price(const ActionKey& key) const {
  if (key.action != Action::background) {
    unknown_action(key);
  }
  if (!policy_.leakage) {
    return left_out("the policy charges no leakage");
  }
  // 1 mW over a period of 1 us (1 MHz) is 1 nJ = 1000 pJ. Leakage goes with the voltage.
  const double volts = machine_.voltage / technology_.voltage();
  const Picojoules energy{leakage_.count() * 1e3 / machine_.clock_mhz * volts};
  return {energy,
          true,
          {fmt::format("sum over the parts: {:.4g} x {:.4g} V/V", leakage_, volts),
           fmt::format("one clock at {} MHz = {:.6g}", machine_.clock_mhz, energy)}};
}

Price CostModel::dram(const ActionKey& key) const {
  if (!machine_.dram) {
    throw InputError{{"action counts", 0, 0}, "there are DRAM actions but no DRAM device"};
  }
  const DramPrices& device = *machine_.dram;
  const auto command = [](double pj, const char* what) {
    const Picojoules energy{pj};
    return Price{energy, false, {fmt::format("device file: {} = {:.6g}", what, energy)}};
  };
  switch (key.action) {
    case Action::activate:
      return command(device.act_pre_pj, "activate and precharge");
    case Action::read:
      return command(device.read_pj_per_burst, "read burst");
    case Action::write:
      return command(device.write_pj_per_burst, "write burst");
    case Action::refresh:
      return policy_.dram_background ? command(device.refresh_pj, "refresh")
                                     : left_out("the policy charges no DRAM standby or refresh");
    case Action::background:
      break;
    default:
      unknown_action(key);
  }
  if (!policy_.dram_background) {
    return left_out("the policy charges no DRAM standby or refresh");
  }
  // 1 mW for 1 ns is 1 pJ.
  if (key.item == "active") {
    return command(device.background_active_mw * device.clock_ns, "a clock of active standby");
  }
  if (key.item == "precharged") {
    return command(device.background_precharged_mw * device.clock_ns,
                   "a clock of precharged standby");
  }
  if (key.item == "powerdown") {
    return command(device.background_powerdown_mw * device.clock_ns, "a clock of power-down");
  }
  unknown_action(key);
}

}  // namespace turnpike::cost
