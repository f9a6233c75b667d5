// LSQ (Esser et al. 2020, arXiv:1902.08153): clip(round(w / step), -2^(k-1), 2^(k-1) - 1) with a
// learned step; without one, the step training starts from, 2 E[|w|] / sqrt(2^(k-1) - 1).

#include <algorithm>
#include <cmath>

#include "models/quantizers/weight_quantizer.hpp"
#include "traces/arithmetic.hpp"

namespace turnpike::models {
namespace {

double lsq_scale(std::span<const float> values, int bits) {
  return 2.0 * mean_magnitude(values) / std::sqrt(std::ldexp(1.0, bits - 1) - 1.0);
}

std::int32_t lsq_code(double value, double scale, int bits) {
  const double low = -std::ldexp(1.0, bits - 1);
  return static_cast<std::int32_t>(
      std::min(std::max(traces::round_half_even(value / scale), low), -low - 1.0));
}

}  // namespace

extern const WeightQuantization kLsqWeights;
const WeightQuantization kLsqWeights{
    .name = WeightQuantizer::lsq, .least_bits = 2, .scale = lsq_scale, .code = lsq_code};

}  // namespace turnpike::models
