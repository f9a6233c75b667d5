#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>

/// Conversions of integers whose range the caller knows, by name. Shapes and counters are signed
/// where they are subtracted; what the standard library indexes and this project counts is not.
namespace turnpike {

[[nodiscard]] constexpr std::size_t index_of(std::signed_integral auto value) {
  return static_cast<std::size_t>(value);
}

[[nodiscard]] constexpr std::uint64_t unsigned_of(std::signed_integral auto value) {
  return static_cast<std::uint64_t>(value);
}

[[nodiscard]] constexpr std::int64_t signed_of(std::unsigned_integral auto value) {
  return static_cast<std::int64_t>(value);
}

[[nodiscard]] constexpr std::int32_t narrow(std::int64_t value) {
  return static_cast<std::int32_t>(value);
}

}  // namespace turnpike
