#include "models/ops/elementwise.hpp"

#include <fmt/format.h>

namespace turnpike::models {

std::string same_shape(Layer& layer, const std::vector<TensorShape>& inputs, std::int64_t) {
  layer.output_shape = inputs[0];
  return inputs[0].size() == 2
             ? fmt::format("takes [channels, rows, columns] or [features], not the sequence {}",
                           to_string(inputs[0]))
             : "";
}

}  // namespace turnpike::models
