#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "sim/config/choice.hpp"
#include "sim/config/key.hpp"

namespace turnpike::config {

/// What kind of PE array it is: how a layer is laid over it, and what moves between its PEs.
enum class ArrayKind {
  row_stationary,  ///< docs/array.md
  systolic,        ///< output-stationary: docs/systolic.md
};
template <>
struct ChoiceNames<ArrayKind> {
  static constexpr std::array<std::string_view, 2> names = {"row_stationary", "systolic"};
};

/// `array`: the PEs.
struct ArrayConfig {
  ArrayKind kind = ArrayKind::row_stationary;
  std::int64_t rows = 12;
  std::int64_t columns = 14;

  [[nodiscard]] std::int64_t pes() const { return rows * columns; }
  friend bool operator==(const ArrayConfig&, const ArrayConfig&) = default;
};

template <>
inline constexpr auto kKeys<ArrayConfig> = std::array{
    key::choice<&ArrayConfig::kind>(
        {.name = "kind",
         .meaning = "how a layer is laid over the PEs, and what moves between them"}),
    key::integer<&ArrayConfig::rows>(
        {.name = "rows", .low = 1, .high = 1024, .required = true, .meaning = "PE rows"}),
    key::integer<&ArrayConfig::columns>(
        {.name = "columns", .low = 1, .high = 1024, .required = true, .meaning = "PE columns"})};

}  // namespace turnpike::config
