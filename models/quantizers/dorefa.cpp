// DoReFa-Net (Zhou et al. 2016, arXiv:1606.06160, equations 9 and 8): tanh(w) / max |tanh(w)| on
// 2^k levels from -1 to 1, rounded half to even; at one bit the sign times the mean magnitude.
// For networks trained so: their weights stand for values in [-1, 1], whatever their own size.

#include <algorithm>
#include <cmath>

#include "models/quantizers/weight_quantizer.hpp"
#include "traces/arithmetic.hpp"

namespace turnpike::models {
namespace {

std::vector<float> transform(std::span<const float> values, int bits) {
  if (bits == 1) {
    return {};  // equation 8 takes the weights as they are
  }
  const double peak = std::tanh(peak_magnitude(values));
  std::vector<float> out(values.begin(), values.end());
  if (peak > 0.0) {
    for (float& value : out) {
      value = static_cast<float>(std::tanh(static_cast<double>(value)) / peak);
    }
  }
  return out;
}

double dorefa_scale(std::span<const float> values, int bits) {
  return bits == 1 ? 2.0 * mean_magnitude(values) : 2.0 / (std::ldexp(1.0, bits) - 1.0);
}

std::int32_t dorefa_code(double value, double scale, int bits) {
  if (bits == 1) {
    return floor_code(value, scale, bits);
  }
  const double top = std::ldexp(1.0, bits) - 1.0;
  const double level = traces::round_half_even((0.5 * value + 0.5) * top);
  return static_cast<std::int32_t>(std::min(std::max(level, 0.0), top) - std::ldexp(1.0, bits - 1));
}

}  // namespace

extern const WeightQuantization kDorefaWeights;
const WeightQuantization kDorefaWeights{.name = WeightQuantizer::dorefa,
                                        .midrise = true,
                                        .scale = dorefa_scale,
                                        .code = dorefa_code,
                                        .transform = transform};

}  // namespace turnpike::models
