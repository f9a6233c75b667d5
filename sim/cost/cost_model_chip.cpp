// Prices of buffers, post-processing and run-length coding.

#include <algorithm>

#include <fmt/format.h>

#include "sim/cost/cost_model.hpp"
#include "sim/cost/price_rules.hpp"

namespace turnpike::cost {
namespace {

constexpr int kNarrowestPwl = 16;  ///< of the sigmoid and tanh rows

/// A row that starts at `narrowest` bits, for an operand that may be narrower.
Lookup at_least(const Technology& technology, const std::string& name, int narrowest, int bits) {
  Lookup row = technology.datapath(name, std::max(narrowest, bits));
  if (bits < narrowest) {
    row.from.interpolated = true;
    row.from.add(fmt::format("{} bits priced as {}", bits, narrowest));
  }
  return row;
}

}  // namespace

Price CostModel::memory(const ActionKey& key) const {
  if (key.action != Action::read && key.action != Action::write) {
    unknown_action(key);
  }
  const bool glb = key.component == Component::glb;
  const SramSize size =
      glb ? SramSize{machine_.glb_bytes, machine_.glb_line_bits, machine_.glb_banks}
          : SramSize{machine_.filter_buffer_bytes, machine_.filter_buffer_line_bits,
                     kFilterBufferBanks};
  const MemoryLookup row = technology_.sram(size);
  double energy = key.action == Action::read ? row.figures.read_pj : row.figures.write_pj;
  Provenance from = row.from;
  from.add(
      fmt::format("{} {:.6g} pJ a line", key.action == Action::read ? "read" : "write", energy));
  if (key.bits != 0 && key.bits != size.line_bits) {
    energy *= static_cast<double>(key.bits) / size.line_bits;
    from.interpolated = true;
    from.add(fmt::format("{} bits: {} / {} of a line", key.bits, key.bits, size.line_bits));
  }
  return at_voltage(energy, std::move(from));
}

Price CostModel::post(const ActionKey& key) const {
  if (key.action != Action::compute) {
    unknown_action(key);
  }
  const auto priced = [this](const Lookup& row) {
    return logic(row, Figure::random_pj, ClockPins::always);
  };
  const std::string& item = key.item;
  if (item == "requant") {
    const int psum = key.psum_bits > 0 ? key.psum_bits : machine_.psum_bits;
    Lookup row = technology_.requant(std::min(psum, kWidestTablePsum), key.bits);
    row.from.interpolated = row.from.interpolated || psum > kWidestTablePsum;
    return priced(row);
  }
  if (item == "quantize") {
    // A highway value, or any wider one, to the operand's bits: the requantizer at that width.
    return priced(technology_.requant(std::max(machine_.highway_width(), key.bits),
                                      machine_.activation_bits));
  }
  if (item == "add") {
    return priced(at_least(technology_, "add_sat.add", kNarrowestAdd, key.bits));
  }
  if (item == "pool") {
    // Average pooling accumulates at the psum's width.
    return priced(technology_.datapath(
        "adder.add", std::min(std::max(machine_.psum_bits, key.bits), kWidestTablePsum)));
  }
  if (item == "sigmoid" || item == "tanh") {
    return priced(at_least(technology_, "pwl_sigmoid_tanh." + item, kNarrowestPwl, key.bits));
  }
  if (item == "relu") {
    return priced(at_least(technology_, "relu.relu", kNarrowestRelu, key.bits));
  }
  if (item == "max") {
    return priced(technology_.datapath("max.max", key.bits));
  }
  if (item == "mul") {
    return priced(technology_.datapath("mult.mul", key.bits));
  }
  unknown_action(key);
}

Price CostModel::rlc(const ActionKey& key) const {
  if (key.action == Action::write) {
    return logic(technology_.datapath("rlc_enc.encode", key.bits), Figure::activity_pj,
                 ClockPins::always);
  }
  if (key.action == Action::read) {
    return logic(technology_.datapath("rlc_dec.decode", key.bits), Figure::activity_pj,
                 ClockPins::always);
  }
  unknown_action(key);
}

}  // namespace turnpike::cost
