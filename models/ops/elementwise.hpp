#pragma once

#include <utility>

#include "models/operands.hpp"
#include "models/ops/operation.hpp"

/// What operations share whose values have the extents of their input.
namespace turnpike::models {

/// The output is as the input, [C, rows, columns] or [features]; of a sequence the channels would
/// be its last axis, which is not supported.
[[nodiscard]] std::string same_shape(Layer& layer, const std::vector<TensorShape>& inputs,
                                     std::int64_t batch);

/// The input, value by value.
template <class Change>
[[nodiscard]] FloatResult float_map(const FloatOperands& operands, Change change) {
  FloatResult result{.output = operands.values()};
  for (float& value : result.output) {
    value = static_cast<float>(change(value));
  }
  return result;
}

/// The same of a quantized layer, in double.
template <class Change>
[[nodiscard]] LayerOutputs quantized_map(const LayerOperands& operands, Change change) {
  const traces::TensorView in = operands.input();
  RealValues out{.values = real_values(in), .shape = in.data.shape()};
  for (double& value : out.values) {
    value = change(value);
  }
  return finished(operands, std::move(out));
}

}  // namespace turnpike::models
