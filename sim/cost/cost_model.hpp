#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/base/action_count.hpp"
#include "sim/base/inventory.hpp"
#include "sim/base/quantity.hpp"
#include "sim/cost/clock_model.hpp"
#include "sim/cost/estimator.hpp"
#include "sim/cost/parts.hpp"
#include "sim/cost/policy.hpp"
#include "sim/cost/price.hpp"
#include "sim/cost/technology.hpp"

namespace turnpike::cost {

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

/// Prices the actions of docs/action_vocabulary.md and the area of a machine, by the units of its
/// inventory: an action costs what the units spend that pay for it, each estimated by its class.
///
/// Dynamic energies are the technology's, times (V / V of the tables)^2; the policy decides which
/// parts count. price() and area() do not change the model: one model may serve several threads.
class CostModel {
 public:
  /// InputError if the machine lies outside what the technology's tables reach; reads the
  /// policy's energy and area tables, if it names any.
  CostModel(const Technology& technology, const CostPolicy& policy, Inventory inventory);

  /// InputError for an action the vocabulary does not have or the machine has no unit for, or a
  /// width outside the tables.
  [[nodiscard]] Price price(const ActionKey& key) const;

  /// Every part, in the order of the components. Parts without area (clock, leakage, dram) have
  /// none.
  [[nodiscard]] std::vector<AreaItem> area() const;
  [[nodiscard]] SquareMicrometres total_area() const;

  [[nodiscard]] const CostPolicy& policy() const { return policy_; }
  /// Components of the machine, in the order of results.json.
  [[nodiscard]] std::vector<Component> components() const { return inventory_.components(); }
  /// Leakage of the whole chip, whether or not the policy charges it.
  [[nodiscard]] Milliwatts leakage() const { return leakage_; }
  /// Of the wider operand.
  [[nodiscard]] int operand_bits() const { return inventory_.operand_bits; }
  /// Flip-flops of a PE that the clock rules count.
  [[nodiscard]] double pe_flip_flops() const;
  /// From now on these prices win over the tables; what the policy leaves out stays out.
  void replace_prices(PriceTable prices) { replaced_ = std::move(prices); }
  /// From now on these areas, of all copies, win over the tables.
  void replace_areas(std::map<Component, SquareMicrometres> areas) {
    replaced_areas_ = std::move(areas);
  }

 private:
  [[nodiscard]] const char* reason_left_out(const ActionRow& row) const;
  [[nodiscard]] Price from_tables(const ActionRow& row, const ActionKey& key) const;
  [[nodiscard]] Price of_units(const ActionRow& row, const ActionKey& key) const;
  [[nodiscard]] Price replaced(const ReplacedPrice& with, const ActionRow& row,
                               const ActionKey& key) const;
  [[nodiscard]] Price chip_control() const;
  [[nodiscard]] Price clock(const ActionKey& key) const;
  [[nodiscard]] Price leakage_price() const;
  [[nodiscard]] Price dram(const ActionKey& key) const;

  CostPolicy policy_;
  Inventory inventory_;
  Estimator estimator_;
  std::vector<Part> parts_;
  Milliwatts leakage_;
  ClockedFlipFlops clocked_;
  PriceTable replaced_;
  std::map<Component, SquareMicrometres> replaced_areas_;
};

}  // namespace turnpike::cost
