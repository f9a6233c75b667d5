// As many codes on both sides of 0; the largest magnitude is the largest code.

#include <cmath>

#include "models/quantizers/weight_quantizer.hpp"

namespace turnpike::models {
namespace {

double minmax_scale(std::span<const float> values, int bits) {
  return peak_magnitude(values) / (std::ldexp(1.0, bits - 1) - 1.0);
}

}  // namespace

extern const WeightQuantization kMinMaxWeights;
const WeightQuantization kMinMaxWeights{
    .name = WeightQuantizer::minmax, .least_bits = 2, .scale = minmax_scale, .code = balanced_code};

}  // namespace turnpike::models
