#include "models/quantizers/activation_range.hpp"

#include <cmath>

namespace turnpike::models {

using config::ActivationQuantizer;

UniformGrid found_grid(const RangeQuestion& question, const ValueHistogram& values) {
  if (question.clip) {
    return uniform_grid(question.grid, question.bits, *question.clip);
  }
  if (question.grid == Grid::asymmetric) {
    return best_asymmetric(values, question.bits);
  }
  switch (question.quantizer) {
    case ActivationQuantizer::max:
      return uniform_grid(question.grid, question.bits, largest_clip(values));
    case ActivationQuantizer::percentile:
      return uniform_grid(question.grid, question.bits, percentile_clip(values));
    case ActivationQuantizer::mse:
    case ActivationQuantizer::pact:  // without a clip of its own
    case ActivationQuantizer::lsq:
      break;
  }
  return uniform_grid(question.grid, question.bits,
                      best_clip(values, question.grid, question.bits));
}

double clip_of_step(double step, Grid grid, int bits) {
  const double unit = uniform_grid(grid, bits, 1.0).scale;
  return step / unit;
}

}  // namespace turnpike::models
