#pragma once

#include "sim/base/action_count.hpp"
#include "sim/base/quantity.hpp"

namespace turnpike::dataflow {

/// What the actions of a machine cost, told to whoever chooses its mappings. The mapper knows no
/// technology and no accounting: who runs a network brings them (sim/pricing/mapping_prices.hpp).
class ActionPrices {
 public:
  virtual ~ActionPrices() = default;
  ActionPrices(const ActionPrices&) = delete;
  ActionPrices& operator=(const ActionPrices&) = delete;
  ActionPrices(ActionPrices&&) = delete;
  ActionPrices& operator=(ActionPrices&&) = delete;

  /// Energy of one.
  [[nodiscard]] virtual Picojoules price(const ActionKey& key) const = 0;

 protected:
  ActionPrices() = default;
};

/// Where nobody brings prices: those relative to a 16-bit MAC of Chen, Emer, Sze, ISCA 2016, table
/// IV (spad 1, network 2, buffer 6, DRAM 200), the last three by the bits moved. A DRAM burst is
/// one word of 64 bits. Time costs nothing.
class RelativePrices final : public ActionPrices {
 public:
  [[nodiscard]] Picojoules price(const ActionKey& key) const override;
};

}  // namespace turnpike::dataflow
