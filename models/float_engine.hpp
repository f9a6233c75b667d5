#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

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

/// Who is told of the values of a float pass, in execution order.
struct FloatVisitor {
  std::function<void(const FloatValue&)> value;
  /// A layer's output before its ReLU; may be empty.
  std::function<void(const FloatValue&)> before_relu = {};
};

/// What a float pass runs on: `batch` inputs of the network.
struct FloatInput {
  const std::vector<float>& values;
  std::int64_t batch = 1;
};

/// Runs the float network and hands every value to `visitor`. A value is kept only until its last
/// reader has run.
void forward(const Network& network, const FloatInput& input, const FloatVisitor& visitor);
/// The same on the network's own input.
void forward(const Network& network, const std::function<void(const FloatValue&)>& visit);

/// Shape as tensors have it: [N, C, H, W], [N, features], or [steps, features].
[[nodiscard]] TensorShape with_batch(const TensorShape& shape, std::int64_t batch);

}  // namespace turnpike::models
