#pragma once

#include <cstdint>
#include <vector>

#include "models/convolution.hpp"
#include "traces/trace.hpp"

/// Operands, accumulators and stored values of the functional engine.
namespace turnpike::models {

/// Real values, scale * (code - zero_point); floating tensors as they are.
[[nodiscard]] std::vector<double> real_values(const traces::TensorEntry& tensor);

/// Values as the entry stores them: codes in the smallest integer type that holds its code range
/// (rounded half to even and clipped, as traces::quantize); floating values in float32 if that is
/// what the entry holds already, else in float64.
[[nodiscard]] Tensor stored(const traces::TensorEntry& entry, const std::vector<double>& values,
                            TensorShape shape);

/// What an integer layer's multipliers work on. Activations: q - zero_point if that is integral,
/// else the raw code. Weights: 2q + 1 if mid-rise, else q - zero_point.
struct IntegerOperand {
  const traces::TensorEntry* entry = nullptr;
  std::int64_t offset = 0;  ///< operand = gain * code + offset
  std::int64_t gain = 1;
};
[[nodiscard]] IntegerOperand activation_operand(const traces::TensorEntry& entry);
[[nodiscard]] IntegerOperand weight_operand(const traces::TensorEntry& entry);
template <class T>
[[nodiscard]] std::vector<T> operand_values(const IntegerOperand& operand);
[[nodiscard]] std::int64_t largest_magnitude(const IntegerOperand& operand);

/// Sums of products. `weights` is [filters][fan_in] as convolve wants it.
[[nodiscard]] std::vector<std::int64_t> exact_sums(const ConvShape& shape,
                                                   const IntegerOperand& activation,
                                                   const IntegerOperand& weights);
/// The sums as real numbers: double(sum) * ((scale_x * scale_w) [* 0.5 if mid-rise]), after the
/// correction -zero_point * sum(weights) if the activation's zero point is fractional.
[[nodiscard]] std::vector<double> real_sums(const ConvShape& shape,
                                            const IntegerOperand& activation,
                                            const IntegerOperand& weights);

}  // namespace turnpike::models
