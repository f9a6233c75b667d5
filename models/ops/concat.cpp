#include <fmt/format.h>

#include "models/operands.hpp"
#include "models/ops/operation.hpp"

namespace turnpike::models {
namespace {

/// Operands joined along axis 1, image by image.
template <class T>
std::vector<T> joined(const std::vector<std::vector<T>>& in,
                      const std::vector<TensorShape>& shapes) {
  std::vector<T> out;
  for (std::int64_t n = 0; n < shapes.at(0).at(0); ++n) {
    for (std::size_t i = 0; i < in.size(); ++i) {
      const std::int64_t image = element_count(shapes[i]) / shapes[i][0];
      const auto first = in[i].begin() + n * image;
      out.insert(out.end(), first, first + image);
    }
  }
  return out;
}

void read(LayerReader&, Layer&) {}

std::string infer_shape(Layer& layer, const std::vector<TensorShape>& in, std::int64_t) {
  TensorShape out = in[0];
  for (std::size_t i = 1; i < in.size(); ++i) {
    TensorShape same = in[i];
    if (same.size() != out.size()) {
      return fmt::format("cannot join {} and {}", to_string(out), to_string(in[i]));
    }
    same[0] = out[0];
    if (same != out) {
      return fmt::format("cannot join {} and {} along the channels", to_string(out),
                         to_string(in[i]));
    }
    out[0] += in[i][0];
  }
  layer.output_shape = std::move(out);
  return "";
}

FloatResult forward(const FloatOperands& operands) {
  std::vector<std::vector<float>> parts;
  std::vector<TensorShape> shapes;
  for (const FloatOperands::Input& input : operands.inputs) {
    parts.push_back(*input.values);
    shapes.push_back(input.shape);
  }
  return {.output = joined(parts, shapes)};
}

LayerOutputs execute(const LayerOperands& operands) {
  std::vector<std::vector<double>> parts;
  std::vector<TensorShape> shapes;
  RealValues out{.values = {}, .shape = operands.input().data.shape()};
  out.shape.at(1) = 0;
  for (std::size_t i = 0; i < operands.entry().inputs.size(); ++i) {
    parts.push_back(real_values(operands.input(i)));
    shapes.push_back(operands.input(i).data.shape());
    out.shape[1] += shapes.back().at(1);
  }
  out.values = joined(parts, shapes);
  return finished(operands, std::move(out));
}

}  // namespace

extern constexpr Operation kConcat{.op = traces::Op::concat,
                                   .read = read,
                                   .infer_shape = infer_shape,
                                   .forward = forward,
                                   .execute = execute};

}  // namespace turnpike::models
