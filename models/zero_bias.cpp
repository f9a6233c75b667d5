#include "models/zero_bias.hpp"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "models/engine.hpp"
#include "models/operands.hpp"
#include "models/post_steps.hpp"
#include "sim/base/error.hpp"

namespace turnpike::models {
namespace {

using traces::LayerEntry;
using traces::PostStep;

/// The layer's values before its bias, sorted no further than needed.
std::vector<double> scaled_sums(const traces::Trace& trace, const LayerEntry& layer) {
  const ConvShape shape = conv_shape(trace, layer);
  std::vector<double> values =
      real_sums(shape, activation_operand(trace.tensor(layer.inputs.at(0))),
                weight_operand(trace.tensor(layer.weights.at(0))));
  LayerEntry scale_only = layer;
  std::erase_if(scale_only.post,
                [](const PostStep& step) { return step.kind != PostStep::Kind::scale; });
  apply_post(trace, scale_only, {shape.batch, shape.filters, shape.out_rows, shape.out_columns},
             values);
  return values;
}

}  // namespace

void choose_zero_bias(traces::Trace& trace, std::size_t layer, double zero_fraction) {
  const LayerEntry& entry = trace.layers.at(layer);
  const auto step = std::find_if(entry.post.begin(), entry.post.end(), [](const PostStep& each) {
    return each.kind == PostStep::Kind::bias;
  });
  ensure(step != entry.post.end(), "a layer with a zero fraction has a bias");
  std::vector<double> values = scaled_sums(trace, entry);
  const auto zeros = static_cast<std::ptrdiff_t>(
      std::nearbyint(zero_fraction * static_cast<double>(values.size())));
  const double peak = *std::max_element(values.begin(), values.end());
  double threshold = *std::min_element(values.begin(), values.end());  // the largest that is zero
  if (zeros > 0) {
    std::nth_element(values.begin(), values.begin() + (zeros - 1), values.end());
    threshold = values[static_cast<std::size_t>(zeros - 1)];
  }
  traces::TensorEntry& output = trace.tensor(entry.output);
  const double span = std::max(peak - threshold, 1e-30);
  double lift = zeros > 0 ? 0.0 : 0.5 * span;  // no zeros wanted: the least value is half the range
  if (!output.is_float()) {
    const double scale = span / static_cast<double>(output.max_code());
    output.scale = {scale};
    output.zero_point = 0.0;
    lift = zeros > 0 ? 0.49 * scale : 0.51 * scale;  // codes round: below half a step is zero
  }
  const std::vector<double> bias(static_cast<std::size_t>(conv_shape(trace, entry).filters),
                                 lift - threshold);
  trace.tensor(step->tensor).data = Tensor{{static_cast<std::int64_t>(bias.size())}, bias};
}

}  // namespace turnpike::models
