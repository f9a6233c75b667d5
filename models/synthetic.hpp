#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

/// Seeded synthetic values, the same on every platform, fast enough for tens of millions of
/// weights.
namespace turnpike::models {

/// Seed of one tensor of a network: independent of the order in which tensors are made.
[[nodiscard]] std::uint64_t tensor_seed(std::uint64_t network_seed, std::string_view tensor);

/// `count` Laplace-distributed values with mean 0 and mean absolute value `mean_abs`.
/// The quantile function is linear between 2048 points a sign (mean |w| off by less than 1e-3); the
/// last piece ends at 9.6 mean_abs, so that the tail keeps its mean.
[[nodiscard]] std::vector<float> laplace_values(std::int64_t count, double mean_abs,
                                                std::uint64_t seed);

/// Uniform in [low, high).
[[nodiscard]] std::vector<float> uniform_values(std::int64_t count, double low, double high,
                                                std::uint64_t seed);

/// `count` codes of which exactly round(zero_fraction * count) are `zero`, at seeded places; the
/// others are uniform over [low, high] without `zero`.
struct SparseCodes {
  std::int64_t count = 0;
  double zero_fraction = 0.0;
  std::int64_t low = 0;
  std::int64_t high = 0;
  std::int64_t zero = 0;
};
[[nodiscard]] std::vector<std::int32_t> sparse_codes(const SparseCodes& wanted, std::uint64_t seed);

}  // namespace turnpike::models
