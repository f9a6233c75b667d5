#include "models/zero_bias.hpp"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "models/ops/products.hpp"
#include "models/post_steps.hpp"

namespace turnpike::models {
namespace {

using traces::PostStep;

/// The layer's values before its bias, sorted no further than needed.
std::vector<double> scaled_sums(const LayerOperands& operands) {
  RealValues sums = quantized_products(conv_shape(operands), operands);
  for (const PostStep& step : operands.entry().post) {
    if (step.kind == PostStep::Kind::scale) {
      apply_step(operands, step, sums.shape, sums.values);
    }
  }
  return sums.values;
}

}  // namespace

double choose_zero_bias(const LayerOperands& operands, traces::Program& program,
                        double zero_fraction) {
  std::vector<double> values = scaled_sums(operands);
  const auto zeros = static_cast<std::ptrdiff_t>(
      std::nearbyint(zero_fraction * static_cast<double>(values.size())));
  const double peak = *std::max_element(values.begin(), values.end());
  double threshold = *std::min_element(values.begin(), values.end());  // the largest that is zero
  if (zeros > 0) {
    std::nth_element(values.begin(), values.begin() + (zeros - 1), values.end());
    threshold = values[static_cast<std::size_t>(zeros - 1)];
  }
  traces::ProgramTensor& output = program.tensor(operands.entry().output);
  const double span = std::max(peak - threshold, 1e-30);
  double lift = zeros > 0 ? 0.0 : 0.5 * span;  // no zeros wanted: the least value is half the range
  if (!output.is_float()) {
    const double scale = span / static_cast<double>(output.max_code());
    output.scale = {scale};
    output.zero_point = 0.0;
    lift = zeros > 0 ? 0.49 * scale : 0.51 * scale;  // codes round: below half a step is zero
  }
  return lift - threshold;
}

}  // namespace turnpike::models
