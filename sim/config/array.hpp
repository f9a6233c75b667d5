#pragma once

#include <array>
#include <cstdint>

#include "sim/config/key.hpp"

namespace turnpike::config {

/// `array`: the PEs.
struct ArrayConfig {
  std::int64_t rows = 12;
  std::int64_t columns = 14;

  [[nodiscard]] std::int64_t pes() const { return rows * columns; }
  friend bool operator==(const ArrayConfig&, const ArrayConfig&) = default;
};

template <>
inline constexpr auto kKeys<ArrayConfig> = std::array{
    key::integer<&ArrayConfig::rows>(
        {.name = "rows", .low = 1, .high = 1024, .required = true, .meaning = "PE rows"}),
    key::integer<&ArrayConfig::columns>(
        {.name = "columns", .low = 1, .high = 1024, .required = true, .meaning = "PE columns"})};

}  // namespace turnpike::config
