#include "models/ops/layer_operands.hpp"

#include <fmt/format.h>

#include "models/operands.hpp"
#include "models/post_steps.hpp"
#include "sim/base/error.hpp"

namespace turnpike::models {

traces::TensorView LayerOperands::input(std::size_t index) const {
  ensure(index < layer_.inputs.size(), fmt::format("layer '{}' has its inputs", layer_.name));
  return tensors_.view(layer_.inputs[index]);
}

bool LayerOperands::has_input(std::size_t index) const {
  return index < layer_.inputs.size() && tensors_.has(layer_.inputs[index]);
}

traces::TensorView LayerOperands::weights(std::size_t index) const {
  ensure(index < layer_.weights.size(), fmt::format("layer '{}' has its weights", layer_.name));
  return tensors_.view(layer_.weights[index]);
}

LayerOutputs finished(const LayerOperands& layer, RealValues values) {
  apply_post(layer, values.shape, values.values);
  const std::string& name = layer.entry().output;
  const Target target = layer.target(name);
  // A trace may call a map of one position [N, C].
  const bool stated =
      !target.shape.empty() && element_count(target.shape) == element_count(values.shape);
  LayerOutputs outputs;
  outputs.emplace(name, stored(target.declared, values.values, stated ? target.shape : values.shape,
                               target.single));
  return outputs;
}

}  // namespace turnpike::models
