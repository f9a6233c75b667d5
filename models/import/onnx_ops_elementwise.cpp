// BatchNormalization, Relu, Clip, Add, Sub, Mul, Div, Neg: layers of their own, or steps of the
// layer before them.

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "models/import/onnx_import.hpp"

namespace turnpike::models::onnx {
namespace {

using traces::Op;
using Numbers = std::vector<double>;

void real_values_only(OnnxImport& import, const Node& node, const Value& value) {
  if (value.codes) {
    import.fail(node, "computes with integer codes between QuantizeLinear and DequantizeLinear");
  }
}

void define_step(OnnxImport& import, const Node& node, const Value& x, const std::string& layer) {
  import.define_layer(node, layer, x.shape);
}

/// value * factor + offset, per channel.
void affine(OnnxImport& import, const Node& node, const Value& given, const Numbers& factor,
            const Numbers& offset) {
  const Value x = given;
  real_values_only(import, node, x);
  const std::string name = import.step_layer(node, x, true);
  Layer& layer = import.builder().network().layer(name);
  const std::int64_t channels = layer.output_channels();
  for (const Numbers* each : {&factor, &offset}) {
    if (each->size() > 1 && static_cast<std::int64_t>(each->size()) != channels) {
      import.fail(node, fmt::format("has {} values for {} channels", each->size(), channels));
    }
  }
  append_affine(layer, channels, factor, offset);
  define_step(import, node, x, name);
}

void batch_norm(OnnxImport& import, const Node& node) {
  const Attributes attributes = import.attributes(node);
  if (attributes.integer("training_mode", 0) != 0 || attributes.integer("spatial", 1) == 0) {
    import.fail(node,
                "normalizes by its batch (training_mode), or each position by itself (spatial)");
  }
  const Numbers gain = import.numbers(node, 1, "the scale");
  const Numbers shift = import.numbers(node, 2, "the bias");
  const Numbers mean = import.numbers(node, 3, "the mean");
  const Numbers variance = import.numbers(node, 4, "the variance");
  if (gain.empty() || shift.size() != gain.size() || mean.size() != gain.size() ||
      variance.size() != gain.size()) {
    import.fail(node, "has scale, bias, mean and variance of unequal number");
  }
  const double epsilon = attributes.number("epsilon", 1e-5);
  Numbers factor(gain.size());
  Numbers offset(gain.size());
  for (std::size_t c = 0; c < gain.size(); ++c) {
    if (!(variance[c] + epsilon > 0.0)) {
      import.fail(node, fmt::format("has the variance {} in channel {}", variance[c], c));
    }
    factor[c] = gain[c] / std::sqrt(variance[c] + epsilon);
    offset[c] = shift[c] - mean[c] * factor[c];
  }
  affine(import, node, import.input(node), factor, offset);
}

void relu(OnnxImport& import, const Node& node) {
  const Value x = import.input(node);
  real_values_only(import, node, x);
  const std::string name = import.step_layer(node, x, false);
  Layer& layer = import.builder().network().layer(name);
  if (layer.clip) {
    layer.clip->front() = std::max(layer.clip->front(), 0.0F);
    layer.clip->back() = std::max(layer.clip->back(), 0.0F);
  } else {
    layer.relu = true;
  }
  define_step(import, node, x, name);
}

void clip(OnnxImport& import, const Node& node) {
  const Attributes attributes = import.attributes(node);
  const double low = import.number(node, 1, attributes.number("min", -HUGE_VAL), "the lower bound");
  const double high = import.number(node, 2, attributes.number("max", HUGE_VAL), "the upper bound");
  const Value x = import.input(node);
  if (std::isnan(low) || std::isnan(high)) {
    import.fail(node, "clips to NaN");
  }
  if (x.codes) {
    // QCDQ: fewer bits than the integer type of the codes.
    if (x.shared || x.at == Network::kInput) {
      import.fail(node, "clips codes that somebody else reads, too");
    }
    Layer& layer = import.builder().network().layer(x.at);
    if (!layer.grid || low > high || std::fabs(low) > 0x1.0p31 || std::fabs(high) > 0x1.0p31) {
      import.fail(node, "clips codes that no QuantizeLinear before it makes");
    }
    set_code_range(*layer.grid, std::max(layer.grid->low(), static_cast<std::int64_t>(low)),
                   std::min(layer.grid->high(), static_cast<std::int64_t>(high)));
    Value value = x;
    value.grid = layer.grid;
    import.define(node, std::move(value));
    return;
  }
  const std::string name = import.step_layer(node, x, false);
  Layer& layer = import.builder().network().layer(name);
  constexpr float kMost = std::numeric_limits<float>::max();
  std::array<float, 2> bounds = layer.clip.value_or(std::array{layer.relu ? 0.0F : -kMost, kMost});
  for (float& bound : bounds) {
    bound = std::min(std::max(bound, static_cast<float>(std::max(low, -0x1.0p127))),
                     static_cast<float>(std::min(high, 0x1.0p127)));
  }
  const bool plain_relu =
      bounds == std::array{0.0F, 0x1.0p127F} || bounds == std::array{0.0F, kMost};
  layer.relu = plain_relu;
  layer.clip = plain_relu ? std::nullopt : std::optional{bounds};
  define_step(import, node, x, name);
}

/// Both operands depend on the input: a layer of two inputs.
void join(OnnxImport& import, const Node& node, Op op) {
  const Value a = import.input(node, 0);
  const Value b = import.input(node, 1);
  real_values_only(import, node, a);
  real_values_only(import, node, b);
  Layer layer;
  layer.op = op;
  layer.inputs = {import.any(node, a), import.any(node, b)};
  Network& network = import.builder().network();
  if (network.shape_of(layer.inputs[0]) != network.shape_of(layer.inputs[1]) ||
      a.shape != b.shape) {
    import.fail(node, fmt::format("joins {} and {}; operands of one shape, or a constant, are "
                                  "supported",
                                  to_string(a.shape), to_string(b.shape)));
  }
  import.define_layer(node, import.add(std::move(layer), node), a.shape);
}

/// One operand is a constant that varies along the channels only: its index and values.
struct Split {
  std::size_t data = 0;
  Numbers constant;
};

std::optional<Split> split(OnnxImport& import, const Node& node) {
  for (const std::size_t i : {std::size_t{1}, std::size_t{0}}) {
    const Value& value = import.input(node, i);
    if (!value.constant) {
      continue;
    }
    const TensorShape& shape = import.input(node, 1 - i).shape;
    std::optional<Numbers> values = import.per_channel(shape, *value.constant);
    if (!values) {
      import.fail(node, fmt::format("joins {} and a constant of shape {}; constants may vary along "
                                    "the channels only",
                                    to_string(shape), to_string(value.shape)));
    }
    return Split{1 - i, std::move(*values)};
  }
  return std::nullopt;
}

Numbers each(Numbers values, double (*change)(double)) {
  std::transform(values.begin(), values.end(), values.begin(), change);
  return values;
}

void add(OnnxImport& import, const Node& node) {
  if (const auto parts = split(import, node)) {
    affine(import, node, import.input(node, parts->data), {}, parts->constant);
  } else {
    join(import, node, Op::add);
  }
}

void sub(OnnxImport& import, const Node& node) {
  const auto parts = split(import, node);
  if (!parts) {
    import.fail(node, "subtracts one value of the network from another");
  }
  if (parts->data == 0) {
    affine(import, node, import.input(node, 0), {},
           each(parts->constant, [](double v) { return -v; }));
  } else {
    affine(import, node, import.input(node, 1), {-1.0}, parts->constant);
  }
}

void mul(OnnxImport& import, const Node& node) {
  if (const auto parts = split(import, node)) {
    affine(import, node, import.input(node, parts->data), parts->constant, {});
  } else {
    join(import, node, Op::mul);
  }
}

void div(OnnxImport& import, const Node& node) {
  const auto parts = split(import, node);
  if (!parts || parts->data != 0) {
    import.fail(node, "divides by a value of the network");
  }
  if (std::find(parts->constant.begin(), parts->constant.end(), 0.0) != parts->constant.end()) {
    import.fail(node, "divides by zero");
  }
  affine(import, node, import.input(node, 0),
         each(parts->constant, [](double v) { return 1.0 / v; }), {});
}

void neg(OnnxImport& import, const Node& node) {
  affine(import, node, import.input(node), {-1.0}, {});
}

}  // namespace

const std::vector<OnnxOperator>& elementwise_operators() {
  static const std::vector<OnnxOperator> list = {{"", "BatchNormalization", 7, 23, batch_norm},
                                                 {"", "Relu", 1, 23, relu},
                                                 {"", "Clip", 6, 23, clip},
                                                 {"", "Add", 7, 23, add},
                                                 {"", "Sub", 7, 23, sub},
                                                 {"", "Mul", 7, 23, mul},
                                                 {"", "Div", 7, 23, div},
                                                 {"", "Neg", 6, 23, neg}};
  return list;
}

}  // namespace turnpike::models::onnx
