#pragma once

#include <cstdint>
#include <variant>
#include <vector>

#include "models/convolution.hpp"
#include "traces/trace.hpp"

/// Operands, accumulators and stored values of the functional engine.
namespace turnpike::models {

/// Real values, scale * (code - zero_point); floating tensors as they are.
[[nodiscard]] std::vector<double> real_values(const traces::TensorView& tensor);

/// Values as the tensor stores them: codes in the smallest integer type that holds its code range
/// (rounded half to even and clipped, as traces::quantize); floating values in float32 if `single`,
/// else in float64.
[[nodiscard]] Tensor stored(const traces::TensorDeclaration& tensor,
                            const std::vector<double>& values, TensorShape shape,
                            bool single = false);

/// What an integer layer's multipliers work on. Activations: q - zero_point if that is integral,
/// else the raw code. Weights: 2q + 1 if mid-rise, else q - zero_point.
struct IntegerOperand {
  traces::TensorView tensor;
  std::int64_t offset = 0;  ///< operand = gain * code + offset
  std::int64_t gain = 1;
};
[[nodiscard]] IntegerOperand activation_operand(const traces::TensorView& tensor);
[[nodiscard]] IntegerOperand weight_operand(const traces::TensorView& tensor);
/// Sums of products as real numbers: double(sum) * ((scale_x * scale_w) [* 0.5 if mid-rise]), after
/// the correction -zero_point * sum(weights) if the activation's zero point is fractional.
/// `weights` is [filters][fan_in] as convolve wants it. Exact in float while every sum of
/// |weight| * |activation| stays below 2^24, in double below 2^53, in 64-bit integers beyond: the
/// choice is made from the operands that are there.
[[nodiscard]] std::vector<double> real_sums(const ConvShape& shape,
                                            const IntegerOperand& activation,
                                            const IntegerOperand& weights);
/// The sums themselves; both zero points are integers.
[[nodiscard]] std::vector<std::int64_t> integer_sums(const ConvShape& shape,
                                                     const IntegerOperand& activation,
                                                     const IntegerOperand& weights);

/// The same for weights that meet many activations, such as those of a time step: they are made
/// ready once, for any codes the activation's declaration allows.
class PreparedProduct {
 public:
  PreparedProduct(const ConvShape& shape, const traces::TensorDeclaration& activation,
                  const IntegerOperand& weights);
  [[nodiscard]] std::vector<double> of(const Tensor& codes) const;

 private:
  ConvShape shape_;
  traces::TensorDeclaration activation_;
  std::variant<std::vector<float>, std::vector<double>, std::vector<std::int64_t>> filter_;
  std::vector<double> scale_;       ///< by output
  std::vector<double> correction_;  ///< by output, in units of the sums
};

}  // namespace turnpike::models
