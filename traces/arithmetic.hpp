#pragma once

#include <cmath>
#include <cstdint>

/// The scalar arithmetic that traces/FORMAT.md defines, in IEEE double with one rounding per
/// operation (built with -ffp-contract=off). Shared by every producer and consumer of traces, so
/// that the definition exists once; convolutions are not here, each side has its own.
namespace turnpike::traces {

/// Round half to even, the IEEE default rounding mode.
[[nodiscard]] inline double round_half_even(double value) {
  return std::nearbyint(value);
}

/// Code of a real value: clip(round_half_even(value / scale + zero_point), low, high).
[[nodiscard]] inline std::int64_t quantize(double value, double scale, double zero_point,
                                           std::int64_t low, std::int64_t high) {
  const double code = round_half_even(value / scale + zero_point);
  if (!(code > static_cast<double>(low))) {  // NaN too
    return low;
  }
  return code < static_cast<double>(high) ? static_cast<std::int64_t>(code) : high;
}

[[nodiscard]] inline double dequantize(double code, double scale, double zero_point) {
  return scale * (code - zero_point);
}

[[nodiscard]] inline double sigmoid(double x) {
  return 1.0 / (1.0 + std::exp(-x));
}

}  // namespace turnpike::traces
