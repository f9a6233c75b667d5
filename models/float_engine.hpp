#pragma once

#include <functional>
#include <span>
#include <string>

#include "models/network.hpp"

namespace turnpike::models {

/// One value of a float pass: a layer's output under the layer's name, the network's input as
/// "input", a layer's synthetic input as "<layer>.x", the cell state of a recurrent layer as
/// "<layer>.cell". The shape has the batch in front, except for sequences.
struct FloatValue {
  std::string name;
  TensorShape shape;
  std::span<const float> values;
};

/// Runs the float network on its input and hands every value to `visit`, in execution order. A
/// value is kept only until its last reader has run.
void forward(const Network& network, const std::function<void(const FloatValue&)>& visit);

/// Shape as tensors have it: [N, C, H, W], [N, features], or [steps, features].
[[nodiscard]] TensorShape with_batch(const TensorShape& shape, std::int64_t batch);

}  // namespace turnpike::models
