#pragma once

#include <string>
#include <vector>

#include "models/network.hpp"

namespace turnpike::models {

/// Sets layer.output_shape (and defaults that depend on shapes: a global pool's kernel, the gate
/// order) from its input shapes. Returns what does not fit, or "" if all is well.
[[nodiscard]] std::string infer_shape(Layer& layer, const std::vector<TensorShape>& inputs,
                                      std::int64_t batch);

// For the operations' own rules (models/ops):

/// "needs [channels, rows, columns], got ..."
[[nodiscard]] std::string not_an_image(const TensorShape& shape);
/// Sets the output of a layer whose window slides over `in`, [C, rows, columns]; or what does not
/// fit.
[[nodiscard]] std::string infer_windows(Layer& layer, const TensorShape& in, std::int64_t channels);

}  // namespace turnpike::models
