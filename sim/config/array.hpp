#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "sim/config/choice.hpp"

namespace turnpike::config {

/// What kind of PE array it is: how a layer is laid over it, and what moves between its PEs.
enum class ArrayKind {
  row_stationary,  ///< docs/array.md
};
template <>
struct ChoiceNames<ArrayKind> {
  static constexpr std::array<std::string_view, 1> names = {"row_stationary"};
};

/// `array`: the PEs.
struct ArrayConfig {
  ArrayKind kind = ArrayKind::row_stationary;
  std::int64_t rows = 12;
  std::int64_t columns = 14;

  [[nodiscard]] std::int64_t pes() const { return rows * columns; }
  friend bool operator==(const ArrayConfig&, const ArrayConfig&) = default;
};

}  // namespace turnpike::config
