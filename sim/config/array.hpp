#pragma once

#include <cstdint>

namespace turnpike::config {

/// `array`: the PEs.
struct ArrayConfig {
  std::int64_t rows = 12;
  std::int64_t columns = 14;

  [[nodiscard]] std::int64_t pes() const { return rows * columns; }
  friend bool operator==(const ArrayConfig&, const ArrayConfig&) = default;
};

}  // namespace turnpike::config
