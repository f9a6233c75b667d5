// Bi-Real Net and XNOR-Net (Liu et al. 2018, arXiv:1808.00278; Rastegari et al. 2016,
// arXiv:1603.05279): the sign times the mean magnitude; 0 counts as positive.

#include "models/quantizers/weight_quantizer.hpp"

namespace turnpike::models {
namespace {

double sign_scale(std::span<const float> values, int) {
  return 2.0 * mean_magnitude(values);
}

}  // namespace

extern const WeightQuantization kSignWeights;
const WeightQuantization kSignWeights{.name = WeightQuantizer::sign,
                                      .midrise = true,
                                      .least_bits = 1,
                                      .most_bits = 1,
                                      .scale = sign_scale,
                                      .code = floor_code};

}  // namespace turnpike::models
