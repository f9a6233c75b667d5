#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

/// Floating-point formats of 16 bits, which C++20 has no types for.
namespace turnpike::models {

/// IEEE 754 binary16.
[[nodiscard]] inline float half_to_float(std::uint16_t bits) {
  const int exponent = (bits >> 10U) & 0x1f;
  const int fraction = bits & 0x3ff;
  double value =
      exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25);
  if (exponent == 0x1f) {
    value = fraction == 0 ? std::numeric_limits<double>::infinity()
                          : std::numeric_limits<double>::quiet_NaN();
  }
  return static_cast<float>(bits >> 15U != 0 ? -value : value);
}

/// The upper half of a float32.
[[nodiscard]] inline float bfloat_to_float(std::uint16_t bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16U);
}

}  // namespace turnpike::models
