// As many codes on both sides of 0, with the scale of the least squared error: among 128 parts of
// the largest magnitude as the largest code.

#include <cmath>

#include "models/quantizers/weight_quantizer.hpp"

namespace turnpike::models {
namespace {

constexpr int kParts = 128;

double mse_scale(std::span<const float> values, int bits) {
  const double widest = peak_magnitude(values) / (std::ldexp(1.0, bits - 1) - 1.0);
  double best = widest;
  double least = -1.0;
  for (int part = kParts; part > 0 && widest > 0.0; --part) {
    const double tried = widest * part / kParts;
    double error = 0.0;
    for (const float value : values) {
      const auto real = static_cast<double>(value);
      const double difference = tried * balanced_code(real, tried, bits) - real;
      error += difference * difference;
    }
    if (least < 0.0 || error < least) {
      least = error;
      best = tried;
    }
  }
  return best;
}

}  // namespace

extern const WeightQuantization kMseWeights;
const WeightQuantization kMseWeights{
    .name = WeightQuantizer::mse, .least_bits = 2, .scale = mse_scale, .code = balanced_code};

}  // namespace turnpike::models
