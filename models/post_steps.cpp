#include "models/post_steps.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "sim/base/error.hpp"

namespace turnpike::models {
namespace {

using traces::PostStep;

/// Calls `change(value, parameter)` with the parameter of the value's channel.
template <class Change>
void per_channel(const std::vector<double>& parameters, const TensorShape& shape,
                 std::vector<double>& values, Change change) {
  const auto channels = static_cast<std::size_t>(shape.at(1));
  ensure(parameters.size() == channels || parameters.size() == 1,
         "a per-channel parameter has one value per output channel");
  const std::size_t planes = static_cast<std::size_t>(shape.at(0)) * channels;
  const std::size_t inner = values.size() / std::max<std::size_t>(planes, 1);
  for (std::size_t plane = 0; plane < planes; ++plane) {
    const double parameter = parameters[parameters.size() == 1 ? 0 : plane % channels];
    for (std::size_t i = plane * inner; i < (plane + 1) * inner; ++i) {
      values[i] = change(values[i], parameter);
    }
  }
}

/// Each value becomes the number of thresholds of its channel, [channels][T], that it reaches.
void count_thresholds(const Tensor& thresholds, const TensorShape& shape,
                      std::vector<double>& values) {
  const std::vector<double> all = thresholds.converted<double>();
  const auto channels = static_cast<std::size_t>(shape.at(1));
  const std::size_t count = all.size() / channels;
  const std::size_t inner = values.size() / (static_cast<std::size_t>(shape.at(0)) * channels);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto first = all.begin() + static_cast<std::ptrdiff_t>(i / inner % channels * count);
    values[i] = static_cast<double>(
        std::count_if(first, first + static_cast<std::ptrdiff_t>(count),
                      [&](double threshold) { return values[i] >= threshold; }));
  }
}

}  // namespace

void apply_step(const LayerOperands& layer, const PostStep& step, const TensorShape& shape,
                std::vector<double>& values) {
  switch (step.kind) {
    case PostStep::Kind::scale:
      per_channel(layer.view(step.tensor).data.converted<double>(), shape, values,
                  [](double value, double by) { return value * by; });
      break;
    case PostStep::Kind::bias:
      per_channel(layer.view(step.tensor).data.converted<double>(), shape, values,
                  [](double value, double by) { return value + by; });
      break;
    case PostStep::Kind::relu:
      for (double& value : values) {
        value = value > 0.0 ? value : 0.0;
      }
      break;
    case PostStep::Kind::clip:
      for (double& value : values) {
        value = std::min(std::max(value, step.low), step.high);
      }
      break;
    case PostStep::Kind::thresholds:
      count_thresholds(layer.view(step.tensor).data, shape, values);
      break;
    case PostStep::Kind::quantize:
      break;
  }
}

void apply_post(const LayerOperands& layer, const TensorShape& shape, std::vector<double>& values) {
  for (const PostStep& step : layer.entry().post) {
    apply_step(layer, step, shape, values);
  }
}

}  // namespace turnpike::models
