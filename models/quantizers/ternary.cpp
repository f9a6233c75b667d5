// Ternary weight networks (Li et al. 2016, arXiv:1605.04711, equation 6): 0 up to 0.7 times the
// mean magnitude, else the sign times the mean magnitude of those beyond.

#include <cmath>

#include "models/quantizers/weight_quantizer.hpp"

namespace turnpike::models {
namespace {

constexpr double kThreshold = 0.7;

double threshold(std::span<const float> values) {
  return kThreshold * mean_magnitude(values);
}

double ternary_scale(std::span<const float> values, int) {
  const double least = threshold(values);
  double sum = 0.0;
  double count = 0.0;
  for (const float value : values) {
    const auto magnitude = static_cast<double>(std::fabs(value));
    if (magnitude > least) {
      sum += magnitude;
      count += 1.0;
    }
  }
  return count > 0.0 ? sum / count : 0.0;
}

/// Of a value beyond the threshold.
std::int32_t ternary_code(double value, double, int) {
  return value > 0.0 ? 1 : -1;
}

}  // namespace

extern const WeightQuantization kTernaryWeights;
const WeightQuantization kTernaryWeights{.name = WeightQuantizer::ternary,
                                         .least_bits = 2,
                                         .most_bits = 2,
                                         .scale = ternary_scale,
                                         .code = ternary_code,
                                         .threshold = threshold};

}  // namespace turnpike::models
