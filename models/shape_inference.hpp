#pragma once

#include <string>
#include <vector>

#include "models/network.hpp"

namespace turnpike::models {

/// Sets layer.output_shape (and defaults that depend on shapes: a global pool's kernel, the gate
/// order) from its input shapes. Returns what does not fit, or "" if all is well.
[[nodiscard]] std::string infer_shape(Layer& layer, const std::vector<TensorShape>& inputs,
                                      std::int64_t batch);

}  // namespace turnpike::models
