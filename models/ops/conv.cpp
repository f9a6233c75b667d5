#include <fmt/format.h>

#include "models/ops/products.hpp"
#include "models/shape_inference.hpp"

namespace turnpike::models {
namespace {

constexpr LayerKey kKernel{.key = "kernel",
                           .type = "integer or list",
                           .form = "[rows, columns]",
                           .absent = kRequired,
                           .meaning = "window"};
constexpr LayerKey kStride{.key = "stride",
                           .type = "integer or list",
                           .form = "[rows, columns]",
                           .absent = "1",
                           .meaning = "step of the window"};
constexpr LayerKey kGroups{
    .key = "groups", .type = "integer", .absent = "1", .meaning = "filter groups"};
constexpr std::array kKeys = {kFilters, kKernel, kStride, kPad, kGroups, kRelu};

void read(LayerReader& keys, Layer& layer) {
  layer.filters = keys.integer(kFilters);
  layer.kernel = keys.rows_and_columns(kKernel);
  layer.stride = keys.rows_and_columns_or(kStride, {1, 1});
  layer.pad = keys.padding(kPad);
  layer.groups = static_cast<int>(keys.integer_or(kGroups, 1));
  layer.relu = keys.flag_or(kRelu, true);
}

std::string infer_conv(Layer& layer, const std::vector<TensorShape>& inputs, std::int64_t) {
  const TensorShape& in = inputs[0];
  if (in.size() != 3) {
    return not_an_image(in);
  }
  if (layer.filters < 1 || layer.groups < 1 || in[0] % layer.groups != 0 ||
      layer.filters % layer.groups != 0) {
    return fmt::format("{} input channels and {} filters do not divide into {} groups", in[0],
                       layer.filters, layer.groups);
  }
  return infer_windows(layer, in, layer.filters);
}

std::vector<TensorShape> weight_shapes(const Layer& layer) {
  return {
      {layer.filters, layer.input_shape.at(0) / layer.groups, layer.kernel[0], layer.kernel[1]}};
}

FloatResult forward(const FloatOperands& operands) {
  return float_products(conv_shape(operands.layer, operands.batch), operands);
}

LayerOutputs execute(const LayerOperands& operands) {
  return finished(operands, quantized_products(conv_shape(operands), operands));
}

}  // namespace

extern constexpr Operation kConv{.op = traces::Op::conv,
                                 .keys = kKeys,
                                 .read = read,
                                 .infer_shape = infer_conv,
                                 .weight_shapes = weight_shapes,
                                 .has_scale = true,
                                 .has_bias = true,
                                 .forward = forward,
                                 .execute = execute};

}  // namespace turnpike::models
