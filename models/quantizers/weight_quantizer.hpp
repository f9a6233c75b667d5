#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "models/network.hpp"
#include "sim/config/layers.hpp"
#include "traces/trace.hpp"

/// Ways to put real weights into few bits; each has a file of its own that fills in a row, and
/// weight_quantizer.cpp lists them.
namespace turnpike::models {

using config::WeightQuantizer;
using config::WeightScale;

/// Levels are scale * (code + 1/2) if mid-rise, else scale * code.
struct WeightQuantization {
  WeightQuantizer name = WeightQuantizer::laplace;
  bool midrise = false;
  int least_bits = 1;
  int most_bits = 16;
  /// Distance of two levels for these values: those of a tensor, or of one output channel.
  double (*scale)(std::span<const float> values, int bits) = nullptr;
  /// The code of one value; `scale` as above.
  std::int32_t (*code)(double value, double scale, int bits) = nullptr;
  /// What is quantized in place of the weights; null or nothing: they themselves.
  std::vector<float> (*transform)(std::span<const float> values, int bits) = nullptr;
  /// Magnitudes up to it are 0; null: none.
  double (*threshold)(std::span<const float> values) = nullptr;
};

[[nodiscard]] const WeightQuantization& weight_quantization(WeightQuantizer name);

/// Weights of one tensor, to be quantized.
struct WeightsToQuantize {
  std::span<const float> values;
  TensorShape shape;
  int bits = 16;
  WeightQuantizer quantizer = WeightQuantizer::laplace;
  std::optional<int> axis;     ///< a scale per index of it; none: one for all
  std::optional<double> step;  ///< lsq: the learned one
};
/// Fills in kind, scales, sign and axis of `declared`; returns the codes.
[[nodiscard]] Tensor quantize_weights(const WeightsToQuantize& weights,
                                      traces::TensorDeclaration& declared);

/// Codes of mid-rise levels: clip(floor(value / scale)).
[[nodiscard]] std::int32_t floor_code(double value, double scale, int bits);
/// Codes around a level at 0, as many on both sides: value / scale rounded half to even, clipped
/// to +-(2^(bits-1) - 1).
[[nodiscard]] std::int32_t balanced_code(double value, double scale, int bits);
/// Mean of |value|.
[[nodiscard]] double mean_magnitude(std::span<const float> values);
/// Largest |value|.
[[nodiscard]] double peak_magnitude(std::span<const float> values);

}  // namespace turnpike::models
