#pragma once

namespace turnpike {

/// Inclusive bounds of a width, a size or a factor.
struct Range {
  double low = 0.0;
  double high = 0.0;

  [[nodiscard]] bool contains(double x) const { return low <= x && x <= high; }
  friend bool operator==(const Range&, const Range&) = default;
};

}  // namespace turnpike
