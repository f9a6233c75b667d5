#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/base/vocabulary.hpp"

/// What a machine is built of, as data: what sim/cost prices and measures without knowing what kind
/// of machine it is.
namespace turnpike {

/// Copies of one thing. Widths are bits, and those of the machine: an action is priced at the width
/// of its own datum, area and leakage at these.
struct Unit {
  Component component = {};  ///< it belongs to
  std::string name = {};     ///< of its part; units of one name are added up
  UnitClass unit_class = UnitClass::mac;
  int width = 0;         ///< mac: activation; requantizer: what comes in; memories: a word or line
  int values = 1;        ///< of `width` side by side
  int least_width = 0;   ///< narrower data are worked on at this width
  int weight_width = 0;  ///< mac
  int result_width = 0;  ///< mac: psum; requantizer: what goes out
  bool midrise = false;  ///< mac: of mid-rise weights
  int depth = 0;         ///< words of a register file, FIFO or spad SRAM
  std::int64_t bytes = 0;  ///< of an SRAM
  int banks = 1;           ///< of an SRAM
  int taps = 1;            ///< wire: pitches it is long; selector: how many listen to one bus

  /// In each processing element, or on the chip. 0: its actions cost energy, but it takes no room
  /// of its own (another unit does the work, or it is left out of the area).
  int copies = 1;
  bool in_pe = false;
  /// Of this width there is one anyway: only what the unit has beyond it counts. 0: all of it.
  int beyond_width = 0;
  bool clocked = false;  ///< the clock pins of its flip-flops are paid for by the cycle
  /// Its data are activations behind a ReLU and trained weights; otherwise any.
  bool network_data = false;
  Stream stream = Stream::low;    ///< highway: it exists only because of the precision highway
  std::vector<Item> serves = {};  ///< items of its component's actions it pays for; empty: all

  friend bool operator==(const Unit&, const Unit&) = default;
};

/// Energies of a DRAM device's commands and states.
struct DramPrices {
  double act_pre_pj = 0.0;  ///< one activate with its precharge, all devices of the channel
  double read_pj_per_burst = 0.0;
  double write_pj_per_burst = 0.0;
  double refresh_pj = 0.0;
  double background_precharged_mw = 0.0;
  double background_active_mw = 0.0;
  double background_powerdown_mw = 0.0;
  double clock_ns = 0.0;  ///< of the DRAM clock that background cycles count
  int burst_bits = 0;     ///< a read or write action moves

  friend bool operator==(const DramPrices&, const DramPrices&) = default;
};

/// Widths the processing elements of a machine are built for.
struct DatumWidths {
  int weight = 16;
  int activation = 16;
  int psum = 16;         ///< what a psum is priced at, not what it computes
  bool midrise = false;  ///< weights
  int slices = 1;        ///< narrow MACs that together make one of the widest layer

  friend bool operator==(const DatumWidths&, const DatumWidths&) = default;
};

/// Everything that prices and area depend on beside the technology's tables and the policy.
struct Inventory {
  std::vector<Unit> units;
  /// The units of a processing element with 16-bit operands and psums: what clock rules refer to,
  /// and what `wide_layers` run on.
  std::vector<Unit> wide_pe;
  int pes = 1;
  int operand_bits = 16;     ///< the wider operand's
  bool wide_layers = false;  ///< the first and last layer run on processing elements of `wide_pe`
  double clock_mhz = 250.0;
  double voltage = 1.0;
  std::optional<DramPrices> dram;  ///< of the memory behind it; needed to price its actions

  friend bool operator==(const Inventory&, const Inventory&) = default;
  /// Components of the machine, in the order of results.json.
  [[nodiscard]] std::vector<Component> components() const;
  /// The unit of a class that pays for a component's actions of this item; null if there is none.
  [[nodiscard]] const Unit* payer(UnitClass unit_class, Component component, Item item) const;
};

/// InputError if the inventory makes no machine: a unit without width, a voltage at which dynamic
/// energy no longer goes with its square.
void check(const Inventory& inventory);

}  // namespace turnpike
