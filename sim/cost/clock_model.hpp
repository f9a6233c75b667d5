#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "sim/base/inventory.hpp"
#include "sim/cost/policy.hpp"
#include "sim/cost/technology.hpp"

/// What is clocked, by the policy's clock rule.
///
/// Rule `share` takes the flip-flops of a 16-bit PE as a yardstick of its clock tree, control and
/// ungated registers: `clock_factor` of their clock energy, of which `fixed_share` does not shrink
/// with the operands' width. The FIFOs' part of it is the networks' and goes on whatever the PEs
/// do; the rest is the PEs': all of it in a clock with a MAC, `stalled_pe_clock` of it in one
/// without, `idle_pe_clock` of it in a PE that is not mapped. Registers behind clock gates spend
/// what the tables say of an access. The older rules clock mapped PEs alike and book all on them.
namespace turnpike::cost {

/// Flip-flops of the yardstick that a count of a clock action clocks, before clock_factor.
struct ClockedFlipFlops {
  double pe = 0.0;        ///< a PE, in a clock with a MAC
  double networks = 0.0;  ///< all networks
  double buffers = 0.0;   ///< all buffers: a line in, a line out and an address a bank
};
[[nodiscard]] ClockedFlipFlops clocked_flip_flops(const Technology& technology,
                                                  const CostPolicy& policy,
                                                  const Inventory& machine);

/// Part of the 16-bit clock energy at this width: s + (1 - s) bits / 16.
[[nodiscard]] double width_scale(double fixed_share, int operand_bits);

/// The factor that gives the measured energy of the run `clock_factor` was fitted to if a stalled
/// PE's clock is `stalled_pe_clock` of a busy one's: `clock_factor` is that of 1.
[[nodiscard]] double fitted_factor(const CostPolicy& policy, double stalled_pe_clock);

/// Clock energy of a run, by what moves it.
struct ClockEnergies {
  bool share = false;   ///< priced by ClockRule::share: only then the parameters move it
  Picojoules by_width;  ///< PEs with a MAC, unmapped PEs, networks
  Picojoules stalled;   ///< mapped PEs without a MAC, were they clocked like those with one
  Picojoules buffers;
  int operand_bits = 16;
  double fixed_share = 1.0;  ///< priced with
  double stalled_pe_clock = 1.0;
  double fit_stalled_share = 0.0;

  /// What it would be with other parameters, the factor fitted anew.
  [[nodiscard]] Picojoules with(double fixed, double stalled_clock) const;
};

/// Energy of the clock actions by item.
struct ClockByItem {
  Picojoules active, stalled, gated, networks, buffers;
};

/// Adds up the clock rows of a run.
class ClockRows {
 public:
  void add(const ActionKey& key, std::uint64_t count, Picojoules energy);
  [[nodiscard]] ClockByItem by_item() const {
    return {active_.energy, stalled_.energy, gated_.energy, networks_.energy, buffers_.energy};
  }
  [[nodiscard]] ClockEnergies energies(const CostPolicy& policy, int operand_bits) const;

 private:
  struct Sum {
    double count = 0.0;
    Picojoules energy;
  };
  Sum active_, stalled_, gated_, networks_, buffers_;
};

}  // namespace turnpike::cost
