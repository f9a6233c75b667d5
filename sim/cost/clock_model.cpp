#include "sim/cost/clock_model.hpp"

#include <algorithm>
#include <bit>

#include "sim/base/error.hpp"
#include "sim/cost/parts.hpp"

namespace turnpike::cost {
namespace {

/// Flip-flops of a PE, those of its network FIFOs apart.
struct PeFlipFlops {
  double core = 0.0;
  double fifos = 0.0;

  [[nodiscard]] double all() const { return core + fifos; }
};

PeFlipFlops of_pe(const Technology& technology, const std::vector<Unit>& units, int pes) {
  PeFlipFlops sum;
  for (const Part& part : parts_of(technology, units, pes)) {
    (group_of(part.component) == Group::noc ? sum.fifos : sum.core) += part.pe_flip_flops;
  }
  return sum;
}

/// Registers at the ports of a buffer's banks.
double of_ports(const Unit& unit) {
  const auto lines = static_cast<std::uint64_t>(
      std::max<std::int64_t>(1, unit.bytes * 8 / (std::int64_t{unit.width} * unit.banks)));
  return unit.banks * (2.0 * unit.width + static_cast<double>(std::bit_width(lines - 1)));
}

}  // namespace

ClockedFlipFlops clocked_flip_flops(const Technology& technology, const CostPolicy& policy,
                                    const Inventory& machine) {
  const auto wide = [&] { return of_pe(technology, machine.wide_pe, machine.pes); };
  switch (policy.clock) {
    case ClockRule::none:
      return {};
    case ClockRule::flip_flops:
      return {.pe = of_pe(technology, machine.units, machine.pes).all()};
    case ClockRule::constant:
      return {.pe = wide().all()};
    case ClockRule::proportional:
      return {.pe = wide().all() * machine.operand_bits / 16.0};
    case ClockRule::share: {
      const PeFlipFlops pe = wide();
      const double scale = width_scale(policy.fixed_share, machine.operand_bits);
      double ports = 0.0;
      for (const Unit& unit : machine.units) {
        ports += unit.unit_class == UnitClass::sram ? of_ports(unit) : 0.0;
      }
      return {.pe = pe.core * scale, .networks = pe.fifos * scale * machine.pes, .buffers = ports};
    }
  }
  throw InternalError{"a clock rule without a meaning"};
}

double width_scale(double fixed_share, int operand_bits) {
  return fixed_share + (1.0 - fixed_share) * operand_bits / 16.0;
}

namespace {

double factor_against_one(double fit_stalled_share, double stalled_pe_clock) {
  return 1.0 / (1.0 - fit_stalled_share * (1.0 - stalled_pe_clock));
}

}  // namespace

double fitted_factor(const CostPolicy& policy, double stalled_pe_clock) {
  return policy.clock_factor * factor_against_one(policy.fit_stalled_share, stalled_pe_clock);
}

Picojoules ClockEnergies::with(double fixed, double stalled_clock) const {
  if (!share) {
    return by_width + stalled * stalled_pe_clock + buffers;
  }
  const double width = width_scale(fixed, operand_bits) / width_scale(fixed_share, operand_bits);
  const double factor = factor_against_one(fit_stalled_share, stalled_clock) /
                        factor_against_one(fit_stalled_share, stalled_pe_clock);
  return ((by_width + stalled * stalled_clock) * width + buffers) * factor;
}

void ClockRows::add(const ActionKey& key, std::uint64_t count, Picojoules energy) {
  if (key.component != Component::clock) {
    return;
  }
  Sum& sum = key.item == "stalled"    ? stalled_
             : key.item == "gated"    ? gated_
             : key.item == "networks" ? networks_
             : key.item == "buffers"  ? buffers_
                                      : active_;
  sum.count += static_cast<double>(count);
  sum.energy += energy;
}

ClockEnergies ClockRows::energies(const CostPolicy& policy, int operand_bits) const {
  ClockEnergies out;
  out.share = policy.clock == ClockRule::share;
  out.operand_bits = operand_bits;
  out.fixed_share = policy.fixed_share;
  out.stalled_pe_clock = out.share ? policy.stalled_pe_clock : 1.0;
  out.fit_stalled_share = policy.fit_stalled_share;
  out.by_width = active_.energy + gated_.energy + networks_.energy;
  out.stalled = active_.count > 0.0
                    ? active_.energy * (stalled_.count / active_.count)
                    : stalled_.energy * (1.0 / std::max(out.stalled_pe_clock, 1e-9));
  out.buffers = buffers_.energy;
  return out;
}

}  // namespace turnpike::cost
