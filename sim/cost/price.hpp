#pragma once

#include <string>
#include <vector>

#include "sim/base/quantity.hpp"

namespace turnpike::cost {

/// Energy of one count of an action, and how it came about.
struct Price {
  Picojoules energy;
  bool interpolated = false;
  std::vector<std::string> steps;  ///< table, row, rule, scaling; the last says the result
};

/// A price of zero because the policy leaves the action out.
[[nodiscard]] Price left_out(const std::string& why);

/// Sum of two prices, steps in order.
[[nodiscard]] Price sum(Price a, const Price& b);
[[nodiscard]] Price repeated(Price a, int times);

}  // namespace turnpike::cost
