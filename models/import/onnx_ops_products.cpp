// Conv, Gemm, MatMul.

#include <algorithm>

#include <fmt/format.h>

#include "models/import/onnx_import.hpp"
#include "models/import/onnx_windows.hpp"

namespace turnpike::models::onnx {
namespace {

/// Weights and their grid; `axis` is the one of the outputs.
void set_weights(OnnxImport& import, const Node& node, const Value& value, std::size_t axis,
                 Layer& layer) {
  layer.weights = value.constant->data.converted<float>();
  layer.weight_grid = value.grid;
  if (value.grid && value.grid->scale.size() > 1 && value.grid_axis != axis) {
    import.fail(node, fmt::format("its weights have a scale per index of axis {}; one per output "
                                  "(axis {}) is supported",
                                  value.grid_axis, axis));
  }
}

void set_bias(OnnxImport& import, const Node& node, std::size_t input, double factor,
              Layer& layer) {
  std::vector<double> bias = import.numbers(node, input, "the bias");
  if (bias.empty()) {
    return;
  }
  const auto outputs = static_cast<std::size_t>(layer.filters);
  if (bias.size() == 1) {
    bias.assign(outputs, bias[0]);
  }
  if (bias.size() != outputs) {
    import.fail(node, fmt::format("has {} biases for {} outputs", bias.size(), outputs));
  }
  for (const double value : bias) {
    layer.bias.push_back(static_cast<float>(value * factor));
  }
}

void conv(OnnxImport& import, const Node& node) {
  const Value& x = import.input(node);
  const Constant& w = import.constant(node, 1, "the weights");
  const TensorShape& shape = w.data.shape();
  if (shape.size() != x.shape.size() || (shape.size() != 4 && shape.size() != 3)) {
    import.fail(node, fmt::format("has an input of shape {} and weights of shape {}; one and two "
                                  "dimensions are supported",
                                  to_string(x.shape), to_string(shape)));
  }
  if (element_count(shape) == 0) {
    import.fail(node, fmt::format("has weights of shape {}", to_string(shape)));
  }
  Layer layer;
  layer.op = traces::Op::conv;
  layer.inputs = {import.image(node, x)};
  layer.filters = shape[0];
  const std::array<std::int64_t, 2> kernel = {shape.size() == 4 ? shape[2] : 1, shape.back()};
  set_window(import, node, x, kernel, layer);
  layer.groups = narrow_integer(import, node, "group", import.attributes(node).integer("group", 1));
  const Value& weights = import.input(node, 1);
  set_weights(import, node, weights, 0, layer);
  set_bias(import, node, 2, 1.0, layer);
  const std::string name = import.add(std::move(layer), node, weights.origin);
  const Layer& made = import.builder().network().layer(name);
  if (made.weight_shapes().at(0) !=
      (shape.size() == 4 ? shape : TensorShape{shape[0], shape[1], 1, shape[2]})) {
    import.fail(node, fmt::format("has weights of shape {}; {} channels in {} groups ask for {}",
                                  to_string(shape), made.input_shape[0], made.groups,
                                  to_string(made.weight_shapes().at(0))));
  }
  TensorShape out{import.batch()};
  out.insert(out.end(), made.output_shape.begin(), made.output_shape.end());
  if (shape.size() == 3) {
    out.erase(out.begin() + 2);
  }
  import.define_layer(node, name, std::move(out));
}

struct Matrix {
  Value weights;  ///< [outputs][inputs]
  std::size_t axis = 0;
};

/// `turned`: the constant is [inputs][outputs].
Matrix matrix(OnnxImport& import, const Node& node, bool turned) {
  const Constant& constant = import.constant(node, 1, "the second matrix");
  if (constant.data.shape().size() != 2 || constant.data.size() == 0) {
    import.fail(node, fmt::format("multiplies by a tensor of shape {}, not by a matrix",
                                  to_string(constant.data.shape())));
  }
  Matrix out{import.input(node, 1)};
  if (turned) {
    out.weights.constant = transposed(constant, {1, 0});
    out.weights.grid_axis = 1 - std::min<std::size_t>(out.weights.grid_axis, 1);
  }
  return out;
}

void fully_connected(OnnxImport& import, const Node& node, bool turned, double alpha, double beta) {
  const Value x = import.input(node);
  Matrix w = matrix(import, node, turned);
  const TensorShape& shape = w.weights.constant->data.shape();
  Layer layer;
  layer.op = traces::Op::fc;
  layer.inputs = {import.is_sequence_model() ? import.sequence(node, x) : import.vector(node, x)};
  layer.filters = shape[0];
  set_weights(import, node, w.weights, 0, layer);
  if (alpha != 1.0) {
    layer.scale.assign(static_cast<std::size_t>(shape[0]), static_cast<float>(alpha));
  }
  set_bias(import, node, 2, beta, layer);
  if (x.shape.empty() || x.shape.back() != shape[1]) {
    import.fail(
        node, fmt::format("multiplies {} by a matrix of {} inputs", to_string(x.shape), shape[1]));
  }
  const std::string name = import.add(std::move(layer), node, w.weights.origin);
  TensorShape out = x.shape;
  out.back() = shape[0];
  import.define_layer(node, name, std::move(out));
}

void gemm(OnnxImport& import, const Node& node) {
  const Attributes attributes = import.attributes(node);
  if (attributes.integer("transA", 0) != 0) {
    import.fail(node, "transposes its first matrix (transA)");
  }
  fully_connected(import, node, attributes.integer("transB", 0) == 0,
                  attributes.number("alpha", 1.0), attributes.number("beta", 1.0));
}

void matmul(OnnxImport& import, const Node& node) {
  fully_connected(import, node, true, 1.0, 1.0);
}

}  // namespace

const std::vector<OnnxOperator>& product_operators() {
  static const std::vector<OnnxOperator> list = {
      {"", "Conv", 1, 22, conv}, {"", "Gemm", 7, 23, gemm}, {"", "MatMul", 1, 23, matmul}};
  return list;
}

}  // namespace turnpike::models::onnx
