#include "models/ops/products.hpp"

namespace turnpike::models {
namespace {

constexpr std::array kKeys = {kFilters, kRelu};

void read(LayerReader& keys, Layer& layer) {
  layer.filters = keys.integer(kFilters);
  layer.relu = keys.flag_or(kRelu, true);
}

/// Of a sequence, [steps, features], each step is an input of its own.
std::string infer_shape(Layer& layer, const std::vector<TensorShape>& inputs, std::int64_t) {
  const TensorShape& in = inputs[0];
  layer.output_shape =
      in.size() == 2 ? TensorShape{in[0], layer.filters} : TensorShape{layer.filters};
  return layer.filters < 1 ? "needs at least one output" : "";
}

std::vector<TensorShape> weight_shapes(const Layer& layer) {
  const TensorShape& in = layer.input_shape;
  return {{layer.filters, in.size() == 2 ? in[1] : element_count(in)}};
}

FloatResult forward(const FloatOperands& operands) {
  return float_products(conv_shape(operands.layer, operands.batch), operands);
}

LayerOutputs execute(const LayerOperands& operands) {
  return finished(operands, quantized_products(conv_shape(operands), operands));
}

}  // namespace

extern constexpr Operation kFc{.op = traces::Op::fc,
                               .keys = kKeys,
                               .read = read,
                               .infer_shape = infer_shape,
                               .weight_shapes = weight_shapes,
                               .has_bias = true,
                               .forward = forward,
                               .execute = execute};

}  // namespace turnpike::models
