#pragma once

#include <algorithm>

namespace turnpike::config {

/// Operand widths, bits: those a machine is built for and networks are quantized to (`precision`),
/// or those of some layers.
struct OperandWidths {
  int weight = 16;
  int activation = 16;

  /// The wider operand.
  [[nodiscard]] constexpr int widest() const { return std::max(weight, activation); }
  friend bool operator==(const OperandWidths&, const OperandWidths&) = default;
};

}  // namespace turnpike::config
