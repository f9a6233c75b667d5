#pragma once

#include <string>
#include <utility>
#include <vector>

#include "sim/base/quantity.hpp"

namespace turnpike {

struct MilliwattUnit {
  static constexpr const char* kSymbol = "mW";
};
using Milliwatts = Quantity<MilliwattUnit, double>;

}  // namespace turnpike

namespace turnpike::cost {

/// How a number came about, in the order it was made: table rows, interpolation, scaling.
struct Provenance {
  bool interpolated = false;  ///< true if some width or size in it has no row of its own
  std::vector<std::string> steps;

  void add(std::string step) { steps.push_back(std::move(step)); }
  void include(const Provenance& other) {
    interpolated = interpolated || other.interpolated;
    steps.insert(steps.end(), other.steps.begin(), other.steps.end());
  }
};

}  // namespace turnpike::cost
