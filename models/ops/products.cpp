#include "models/ops/products.hpp"

#include <fmt/format.h>

#include "models/operands.hpp"
#include "models/shape_inference.hpp"
#include "sim/base/error.hpp"

namespace turnpike::models {

FloatResult float_products(const ConvShape& shape, const FloatOperands& operands) {
  FloatResult result;
  result.output.resize(static_cast<std::size_t>(shape.outputs()));
  convolve<float>(shape, operands.values().data(), operands.layer.weights.data(),
                  result.output.data());
  return result;
}

RealValues quantized_products(const ConvShape& shape, const LayerOperands& operands) {
  const traces::TensorView x = operands.input();
  const traces::TensorView w = operands.weights();
  RealValues out;
  out.shape = operands.entry().op == traces::Op::fc
                  ? TensorShape{shape.batch, shape.filters}
                  : TensorShape{shape.batch, shape.filters, shape.out_rows, shape.out_columns};
  if (!x.declared.is_float() && !w.declared.is_float()) {
    out.values = real_sums(shape, activation_operand(x), weight_operand(w));
    return out;
  }
  const std::vector<double> ifmap = real_values(x);
  const std::vector<double> filter = real_values(w);
  out.values.resize(static_cast<std::size_t>(shape.outputs()));
  convolve<double>(shape, ifmap.data(), filter.data(), out.values.data());
  return out;
}

ConvShape conv_shape(const LayerOperands& operands) {
  const traces::LayerEntry& layer = operands.entry();
  ensure(layer.weights.size() == 1, fmt::format("layer '{}' is conv or fc", layer.name));
  const TensorShape& x = operands.input().data.shape();
  const TensorShape& w = operands.weights().data.shape();
  ConvShape shape;
  shape.batch = x.at(0);
  shape.filters = w.at(0);
  if (layer.op == traces::Op::fc) {
    shape.channels = element_count(x) / x[0];
    return shape;
  }
  ensure(x.size() == 4 && w.size() == 4, "a convolution reads [N, C, H, W] and [M, C, R, S]");
  const auto rows = window_count(x[2], layer.pad.top + layer.pad.bottom, w[2], layer.stride[0]);
  const auto columns = window_count(x[3], layer.pad.left + layer.pad.right, w[3], layer.stride[1]);
  ensure(rows && columns, "a window fits its padded input");
  return {.batch = x[0],
          .channels = x[1],
          .rows = x[2],
          .columns = x[3],
          .filters = w[0],
          .kernel_rows = w[2],
          .kernel_columns = w[3],
          .stride_rows = layer.stride[0],
          .stride_columns = layer.stride[1],
          .pad = layer.pad,
          .groups = layer.groups,
          .out_rows = rows.value_or(0),
          .out_columns = columns.value_or(0)};
}

ConvShape conv_shape(const Layer& layer, std::int64_t batch) {
  if (layer.op == traces::Op::fc) {
    // [steps, features] is a sequence: the layer is applied to each step.
    const bool sequence = layer.input_shape.size() == 2;
    return {.batch = sequence ? layer.input_shape[0] : batch,
            .channels = layer.fan_in(),
            .filters = layer.filters};
  }
  return {.batch = batch,
          .channels = layer.input_shape.at(0),
          .rows = layer.input_shape.at(1),
          .columns = layer.input_shape.at(2),
          .filters = layer.filters,
          .kernel_rows = layer.kernel[0],
          .kernel_columns = layer.kernel[1],
          .stride_rows = layer.stride[0],
          .stride_columns = layer.stride[1],
          .pad = layer.pad,
          .groups = layer.groups,
          .out_rows = layer.output_shape.at(1),
          .out_columns = layer.output_shape.at(2)};
}

}  // namespace turnpike::models
