#pragma once

#include <cstdint>
#include <span>

#include "sim/base/tensor.hpp"

/// Laplace-optimal mid-rise weights (precision-highway paper, section 4): 2^k evenly spaced levels
/// (q + 1/2) * spacing, q in [-2^(k-1), 2^(k-1) - 1], that minimise the L2 error on a Laplace
/// distribution with the layer's mean absolute value. Zero is not a level.
namespace turnpike::models {

inline constexpr int kMaxWeightBits = 16;

/// Expected squared error on the Laplace distribution with mean absolute value 1, of 2^bits
/// mid-rise levels at distance `spacing`: the sum of the closed-form integrals over the cells.
[[nodiscard]] double laplace_error(double spacing, int bits);

/// The spacing, in units of the mean absolute value, where laplace_error is smallest. bits
/// in 1..16; found once per width by golden-section search.
[[nodiscard]] double laplace_spacing(int bits);

/// Spacing for one tensor: laplace_spacing(bits) * mean |w|, above 8 bits never wider than
/// max |w| / 2^(bits - 1), where the optimum for an unbounded Laplace tail exceeds the data.
[[nodiscard]] double weight_spacing(std::span<const float> weights, int bits);

/// clip(floor(w / spacing), -2^(bits-1), 2^(bits-1) - 1), in the smallest signed integer type.
[[nodiscard]] Tensor quantize_weights(std::span<const float> weights, TensorShape shape,
                                      double spacing, int bits);

}  // namespace turnpike::models
