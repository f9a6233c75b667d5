#pragma once

#include <cmath>
#include <cstdint>

namespace turnpike {

/// Seeded random numbers that are the same on every platform and compiler, which the standard
/// distributions are not. Generator: SplitMix64 (Steele, Lea, Flood, OOPSLA 2014).
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_{seed} {}

  [[nodiscard]] std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15ULL;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31U);
  }
  /// Uniform in [0, 1).
  [[nodiscard]] double uniform() { return static_cast<double>(next() >> 11U) * 0x1.0p-53; }
  /// Uniform integer in [low, high].
  [[nodiscard]] std::int64_t integer(std::int64_t low, std::int64_t high) {
    const auto span = static_cast<std::uint64_t>(high - low) + 1;
    return low + static_cast<std::int64_t>(next() % span);
  }
  /// Laplace-distributed with mean 0 and mean absolute value `scale`.
  [[nodiscard]] double laplace(double scale) {
    const double u = uniform() - 0.5;
    const double magnitude = -scale * std::log1p(-2.0 * std::fabs(u));
    return u < 0.0 ? -magnitude : magnitude;
  }

 private:
  std::uint64_t state_;
};

}  // namespace turnpike
