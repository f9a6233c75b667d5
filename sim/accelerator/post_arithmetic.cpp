#include "sim/accelerator/post_arithmetic.hpp"

#include <algorithm>

#include "sim/accelerator/post/fixed_point.hpp"
#include "sim/accelerator/post/post_op.hpp"
#include "sim/accelerator/post/recurrent.hpp"
#include "sim/accelerator/post/tensor_values.hpp"

namespace turnpike::accelerator {
namespace {

using traces::LayerEntry;
using traces::PostStep;
using traces::TensorEntry;
using traces::Trace;

/// The post steps on values with `channels` channels of `plane` elements each; ends with codes if
/// the output is an integer tensor.
std::vector<double> apply_post(const Trace& trace, const LayerEntry& layer,
                               std::vector<double> values, std::size_t channels) {
  const TensorEntry& output = trace.tensor(layer.output);
  const std::size_t batch = index_of(output.data.shape().empty() ? 1 : output.data.shape()[0]);
  const std::size_t plane = values.size() / (batch * channels);
  for (const PostStep& step : layer.post) {
    if (step.kind == PostStep::Kind::relu) {
      for (double& value : values) {
        value = std::max(value, 0.0);
      }
    } else if (step.kind == PostStep::Kind::clip) {
      for (double& value : values) {
        value = value < step.low ? step.low : value > step.high ? step.high : value;
      }
    } else if (step.kind == PostStep::Kind::thresholds) {
      post::reach_thresholds(trace.tensor(step.tensor), plane, values);
    } else if (step.kind != PostStep::Kind::quantize) {
      const std::vector<double> parameter = trace.tensor(step.tensor).data.converted<double>();
      for (std::size_t i = 0; i < values.size(); ++i) {
        const double p = parameter[i / plane % channels];
        values[i] = step.kind == PostStep::Kind::scale ? values[i] * p : values[i] + p;
      }
    }
  }
  return post::stored_as(output, std::move(values));
}

}  // namespace

std::vector<OutputValues> post_process(const Trace& trace, const LayerEntry& layer,
                                       const ArrayPsums& psums) {
  if (layer.recurrent) {
    return post::recurrent_values(trace, layer, psums);
  }
  if (layer.requantize) {
    return {{layer.output, post::fixed_point_codes(trace, layer, psums)}};
  }
  const TensorShape& shape = trace.tensor(layer.output).data.shape();
  const std::size_t channels = shape.size() > 1 ? index_of(shape[1]) : 1;
  return {
      {layer.output, apply_post(trace, layer, sums_before_post(trace, layer, psums), channels)}};
}

std::vector<double> sums_before_post(const Trace& trace, const LayerEntry& layer,
                                     const ArrayPsums& psums) {
  if (const post::PostOp* op = post::post_op(layer.op)) {
    return op->values(trace, layer);
  }
  const TensorShape& shape = trace.tensor(layer.output).data.shape();
  const std::size_t channels = index_of(shape.at(1));
  const std::size_t plane = psums.jobs[0].size() / (index_of(shape[0]) * channels);
  return post::scaled_psums(trace, layer.inputs[0], layer.weights[0], psums.jobs[0],
                            psums.weight_sums[0], plane);
}

}  // namespace turnpike::accelerator
