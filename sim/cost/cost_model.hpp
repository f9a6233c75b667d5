#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/base/action_count.hpp"
#include "sim/base/quantity.hpp"
#include "sim/cost/inventory.hpp"
#include "sim/cost/machine_structure.hpp"
#include "sim/cost/policy.hpp"
#include "sim/cost/technology.hpp"

namespace turnpike::cost {

/// Energy of one count of an action, and how it came about.
struct Price {
  Picojoules energy;
  bool interpolated = false;
  std::vector<std::string> steps;  ///< table, row, rule, scaling; the last says the result
};

/// Area of a part of the machine, all copies together.
struct AreaItem {
  Component component = Component::mac;
  std::string part;
  Stream stream = Stream::low;  ///< highway: exists only because of the precision highway
  SquareMicrometres area;
  bool interpolated = false;
  std::vector<std::string> steps;
};

/// A price that replaces the model's own (an Accelergy energy table's).
struct ReplacedPrice {
  Price price;
  std::optional<int> access_bits;  ///< of the access it stands for; then another width is scaled
};
using PriceTable = std::map<std::pair<Component, Action>, ReplacedPrice>;

/// Prices the actions of docs/action_vocabulary.md and the area of a machine.
///
/// Dynamic energies are the technology's, times (V / V of the tables)^2; the policy decides which
/// parts count. price() and area() do not change the model: one model may serve several threads.
class CostModel {
 public:
  /// InputError if the machine lies outside what the technology's tables reach; reads the
  /// policy's energy and area tables, if it names any.
  CostModel(const Technology& technology, const CostPolicy& policy,
            const MachineStructure& machine);

  /// InputError for an action the vocabulary does not have, or a width outside the tables.
  [[nodiscard]] Price price(const ActionKey& key) const;

  /// Every part, in the order of the components. Parts without area (clock, leakage, dram) have
  /// none.
  [[nodiscard]] std::vector<AreaItem> area() const;
  [[nodiscard]] SquareMicrometres total_area() const;

  /// Leakage of the whole chip, whether or not the policy charges it.
  [[nodiscard]] Milliwatts leakage() const { return leakage_; }
  /// Flip-flops of a PE that the clock rules count.
  [[nodiscard]] double pe_flip_flops() const;
  /// From now on these prices win over the tables; what the policy leaves out stays out.
  void replace_prices(PriceTable prices) { replaced_ = std::move(prices); }
  /// From now on these areas, of all copies, win over the tables.
  void replace_areas(std::map<Component, SquareMicrometres> areas) {
    replaced_areas_ = std::move(areas);
  }

  [[nodiscard]] const CostPolicy& policy() const { return policy_; }
  [[nodiscard]] const MachineStructure& machine() const { return machine_; }
  [[nodiscard]] const Technology& technology() const { return technology_; }

 private:
  enum class ClockPins { per_cycle, always };  ///< who pays for them besides the access

  [[nodiscard]] bool leaves_out(const ActionKey& key) const;
  [[nodiscard]] Price from_tables(const ActionKey& key) const;
  [[nodiscard]] Price replaced(const ReplacedPrice& with, const ActionKey& key) const;
  [[nodiscard]] Price array_price(const ActionKey& key) const;
  [[nodiscard]] Price chip_price(const ActionKey& key) const;
  [[nodiscard]] Price mac(const ActionKey& key) const;
  [[nodiscard]] Price filter_spad(const ActionKey& key) const;
  [[nodiscard]] Price ifmap_spad(const ActionKey& key) const;
  [[nodiscard]] Price psum_spad(const ActionKey& key) const;
  [[nodiscard]] Price pe_link(const ActionKey& key) const;
  [[nodiscard]] Price pe_fifo(const ActionKey& key) const;
  [[nodiscard]] Price pe_control(const ActionKey& key) const;
  [[nodiscard]] Price noc(const ActionKey& key) const;
  [[nodiscard]] Price bus(const ActionKey& key, bool vertical, bool controllers) const;
  [[nodiscard]] Price multicast_hit(const ActionKey& key) const;
  [[nodiscard]] Price memory(const ActionKey& key) const;
  [[nodiscard]] Price post(const ActionKey& key) const;
  [[nodiscard]] Price rlc(const ActionKey& key) const;
  [[nodiscard]] Price controller(const ActionKey& key) const;
  [[nodiscard]] Price clock(const ActionKey& key) const;
  [[nodiscard]] Price leakage_price(const ActionKey& key) const;
  [[nodiscard]] Price dram(const ActionKey& key) const;

  [[nodiscard]] Price logic(const Lookup& lookup, Figure figure, ClockPins pins) const;
  [[nodiscard]] int burst_bits() const;
  [[nodiscard]] Price wire(int bits, double millimetres) const;
  [[nodiscard]] Price at_voltage(double picojoules, Provenance from) const;

  Technology technology_;
  CostPolicy policy_;
  MachineStructure machine_;
  double voltage_factor_ = 1.0;
  std::vector<Part> parts_;
  Milliwatts leakage_;
  double clocked_flip_flops_ = 0.0;  ///< of a PE, by the policy's clock rule
  PriceTable replaced_;
  std::map<Component, SquareMicrometres> replaced_areas_;
};

}  // namespace turnpike::cost
