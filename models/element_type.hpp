#pragma once

#include <cstdint>
#include <limits>

namespace turnpike::models {

/// Calls `use` with a zero of the smallest integer type that holds [low, high].
template <class Use>
auto with_integer_type(std::int64_t low, std::int64_t high, Use use) {
  const auto holds = [&](auto zero) {
    using T = decltype(zero);
    return low >= static_cast<std::int64_t>(std::numeric_limits<T>::min()) &&
           high <= static_cast<std::int64_t>(std::numeric_limits<T>::max());
  };
  if (low >= 0) {
    if (holds(std::uint8_t{0})) {
      return use(std::uint8_t{0});
    }
    return holds(std::uint16_t{0}) ? use(std::uint16_t{0}) : use(std::uint32_t{0});
  }
  if (holds(std::int8_t{0})) {
    return use(std::int8_t{0});
  }
  return holds(std::int16_t{0}) ? use(std::int16_t{0}) : use(std::int32_t{0});
}

}  // namespace turnpike::models
