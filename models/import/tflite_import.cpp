#include "models/import/tflite_import.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <numeric>

#include <fmt/format.h>

#include "models/import/network_builder.hpp"
#include "models/import/onnx_fold.hpp"
#include "sim/base/text.hpp"

namespace turnpike::models::tflite {
namespace {

using traces::Op;

/// A tensor as the network has it.
struct Value {
  std::string at;     ///< value of the network
  TensorShape shape;  ///< as the file has it: [N, rows, columns, channels] or [N, features]
  std::optional<traces::Padding> pad = std::nullopt;  ///< of a PAD, for its reader
};

class Import {
 public:
  Import(const Model& model, const ImportOptions& options)
      : model_{model},
        options_{options},
        builder_{model.path, std::filesystem::path{model.path}.stem().string()} {}

  ImportedNetwork run() {
    if (model_.inputs.size() != 1 || model_.inputs[0] < 0) {
      builder_.fail("", fmt::format("has {} inputs; one is supported", model_.inputs.size()));
    }
    for (const Operator& each : model_.operators) {
      for (const int input : each.inputs) {
        ++readers_[input];
      }
    }
    const TensorInfo& input = tensor(model_.inputs[0]);
    if (input.grid && input.grid->scale.size() > 1) {
      builder_.fail("", "its input has a scale per channel");
    }
    batch_ = input.shape.empty() ? 1 : options_.batch.value_or(input.shape[0]);
    values_[model_.inputs[0]] = {std::string{Network::kInput}, input.shape};
    for (std::size_t i = 0; i < model_.operators.size(); ++i) {
      index_ = i;
      take(model_.operators[i]);
    }
    return std::move(builder_).finish(options_.seed);
  }

  using Handler = void (Import::*)(const Operator&);
  static const std::map<std::string, Handler>& handlers() {
    static const std::map<std::string, Handler> all = {
        {"ADD", &Import::add},
        {"MUL", &Import::mul},
        {"AVERAGE_POOL_2D", &Import::average_pool},
        {"MAX_POOL_2D", &Import::max_pool},
        {"MEAN", &Import::mean},
        {"CONCATENATION", &Import::concat},
        {"CONV_2D", &Import::conv},
        {"DEPTHWISE_CONV_2D", &Import::depthwise},
        {"FULLY_CONNECTED", &Import::fully_connected},
        {"RELU", &Import::activation},
        {"RELU6", &Import::activation},
        {"RESHAPE", &Import::view},
        {"SQUEEZE", &Import::view},
        {"PAD", &Import::pad},
        {"QUANTIZE", &Import::quantize},
        {"DEQUANTIZE", &Import::dequantize},
        {"SOFTMAX", &Import::end},
        {"LOGISTIC", &Import::end},
        {"ARG_MAX", &Import::end}};
    return all;
  }

 private:
  [[nodiscard]] std::string label() const {
    return fmt::format("{} ({})", index_, model_.operators[index_].name);
  }
  [[noreturn]] void fail(std::string_view what) const { builder_.fail(label(), what); }

  [[nodiscard]] const TensorInfo& tensor(int index) const {
    if (index < 0) {
      fail("lacks an input");
    }
    return model_.tensors[static_cast<std::size_t>(index)];
  }
  [[nodiscard]] const TensorInfo& operand(const Operator& op, std::size_t i) const {
    if (i >= op.inputs.size()) {
      fail(fmt::format("has no input {}", i));
    }
    return tensor(op.inputs[i]);
  }
  [[nodiscard]] const TensorInfo& output(const Operator& op) const {
    if (op.outputs.empty()) {
      fail("makes nothing");
    }
    return tensor(op.outputs[0]);
  }
  /// Requantized in integers: codes in, codes out.
  [[nodiscard]] bool is_fixed(const Operator& op) const {
    return operand(op, 0).grid.has_value() && output(op).grid.has_value();
  }

  void take(const Operator& op) {
    const auto found = handlers().find(op.name);
    if (found == handlers().end()) {
      std::vector<std::string> names;
      for (const auto& [name, handler] : handlers()) {
        names.push_back(name);
      }
      fail(fmt::format("{} is not supported{} (docs/importing.md has the list)", op.name,
                       suggestion(op.name, names)));
    }
    if (op.inputs.empty() || op.outputs.empty()) {
      fail("has no input or makes nothing");
    }
    for (const int index : {op.inputs[0], op.outputs[0]}) {
      const std::string& type = tensor(index).type;
      if (tensor(index).shape.empty()) {
        fail("reads or makes a tensor without extents");
      }
      if (type == "int16" || (type != "float32" && type != "int8" && type != "uint8" &&
                              type != "float16" && type != "int32" && type != "int64")) {
        fail(fmt::format("computes with {}; int8, uint8 and float32 are supported", type));
      }
    }
    (this->*found->second)(op);
  }

  [[nodiscard]] const Value& value(const Operator& op, std::size_t i) const {
    static_cast<void>(operand(op, i));
    const auto found = values_.find(op.inputs[i]);
    if (found == values_.end()) {
      fail(fmt::format("its input {} is a constant, or is not computed", i));
    }
    return found->second;
  }

  /// The value as codes of the file's grid: the network's input is put on it first.
  [[nodiscard]] std::string on_grid(const Operator& op, std::size_t i, const std::string& at) {
    const TensorInfo& info = operand(op, i);
    if (at != Network::kInput || !info.grid) {
      return at;
    }
    if (input_codes_.empty()) {
      Layer layer;
      layer.op = Op::quantize;
      layer.inputs = {at};
      layer.grid = info.grid;
      input_codes_ = builder_.add(std::move(layer), "input_codes", label());
    }
    return input_codes_;
  }

  [[nodiscard]] std::string image(const Operator& op, std::size_t i) {
    const Value& in = value(op, i);
    if (in.shape.size() != 4 || in.shape[0] < 1) {
      fail(fmt::format("reads {}; images are [batch, rows, columns, channels]",
                       to_string(in.shape)));
    }
    const TensorShape wanted = {in.shape[3], in.shape[1], in.shape[2]};
    check_extents(in, wanted);
    return on_grid(op, i, in.at);
  }

  void check_extents(const Value& in, const TensorShape& wanted) {
    if (in.at == Network::kInput) {
      builder_.set_input(wanted, batch_, label());
    } else if (builder_.network().shape_of(in.at) != wanted) {
      fail(fmt::format("reads the output of '{}', {}, as {}", in.at,
                       to_string(builder_.network().shape_of(in.at)), to_string(wanted)));
    }
  }

  /// Whatever it is.
  [[nodiscard]] std::string any(const Operator& op, std::size_t i) {
    const Value& in = value(op, i);
    if (in.pad) {
      fail("reads what a PAD makes; zeros stand before convolutions and pools only");
    }
    if (in.shape.size() == 4) {
      return image(op, i);
    }
    if (in.shape.size() != 2) {
      fail(fmt::format("reads {}", to_string(in.shape)));
    }
    if (in.at == Network::kInput) {
      builder_.set_input({in.shape[1]}, batch_, label());
    }
    return on_grid(op, i, in.at);
  }

  void set_activation(const Operator& op, Layer& layer) const {
    if (op.activation == Activation::relu) {
      layer.relu = true;
    } else if (op.activation == Activation::relu6) {
      layer.clip = {0.0F, 6.0F};
    } else if (op.activation == Activation::relu_n1_to_1) {
      layer.clip = {-1.0F, 1.0F};
    }
  }

  /// Adds the layer, and the codes of its output if the file has it quantized.
  void finish(const Operator& op, Layer layer, bool hands_codes_through = false) {
    const TensorInfo& out = output(op);
    const bool coded = out.grid && !hands_codes_through;
    layer.fixed_point = coded && is_fixed(op);
    std::string wanted = op.name;
    std::transform(wanted.begin(), wanted.end(), wanted.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    wanted += fmt::format("_{}", index_);
    std::string name = builder_.add(std::move(layer), wanted, label());
    const TensorShape& made = builder_.network().shape_of(name);
    TensorShape shape = out.shape;
    if (element_count(made) * batch_ != element_count(shape) / shape.at(0) * batch_) {
      fail(fmt::format("makes {}, but the file states {}", to_string(made), to_string(shape)));
    }
    if (coded) {
      if (out.grid->scale.size() > 1) {
        fail("has a scale per channel of an activation");
      }
      Layer quantizer;
      quantizer.op = Op::quantize;
      quantizer.inputs = {name};
      quantizer.grid = out.grid;
      name = builder_.add(std::move(quantizer), wanted + "_codes", label());
    }
    values_[op.outputs[0]] = {name, shape};
  }

  // Products

  /// Weights as real values on their grid, in the order [outputs][...] of `order`.
  void set_weights(const Operator& op, const TensorInfo& weights,
                   const std::vector<std::int64_t>& order, std::size_t output_axis, Layer& layer) {
    if (weights.data.empty() || weights.shape.size() != order.size()) {
      fail(fmt::format("its weights must be a constant of {} extents", order.size()));
    }
    const onnx::Constant turned = onnx::transposed({weights.data}, order);
    layer.weights = turned.data.converted<float>();
    if (!weights.grid) {
      if (!weights.data.is_floating()) {
        fail("its weights are integers without a scale");
      }
      if (is_fixed(op)) {
        fail("multiplies codes by real weights");
      }
      return;
    }
    const StatedGrid& grid = *weights.grid;
    if (grid.scale.size() > 1 && weights.axis != output_axis) {
      fail(fmt::format("its weights have a scale per index of axis {}, not {}", weights.axis,
                       output_axis));
    }
    const std::size_t fan_in = layer.weights.size() / static_cast<std::size_t>(layer.filters);
    for (std::size_t i = 0; i < layer.weights.size(); ++i) {
      const double code = static_cast<double>(layer.weights[i]);
      layer.weights[i] = static_cast<float>(grid.step(i / fan_in) * (code - grid.zero_point));
    }
    layer.weight_grid = grid;
    if (is_fixed(op) && output(op).type != operand(op, 0).type) {
      fail(fmt::format("reads {} and makes {}", operand(op, 0).type, output(op).type));
    }
  }

  void set_bias(const Operator& op, Layer& layer) {
    if (op.inputs.size() < 3 || op.inputs[2] < 0) {
      return;
    }
    const TensorInfo& bias = operand(op, 2);
    if (bias.data.size() != layer.filters) {
      fail(fmt::format("has {} biases for {} outputs", bias.data.size(), layer.filters));
    }
    if (bias.data.is_floating()) {
      layer.bias = bias.data.converted<float>();
      return;
    }
    if (!bias.data.holds<std::int32_t>() || !layer.weight_grid || !operand(op, 0).grid) {
      fail("has integer biases without scales");
    }
    layer.bias_codes = bias.data.converted<std::int32_t>();
    for (std::size_t c = 0; c < layer.bias_codes.size(); ++c) {
      layer.bias.push_back(static_cast<float>(operand(op, 0).grid->scale[0] *
                                              layer.weight_grid->step(c) * layer.bias_codes[c]));
    }
  }

  static std::array<int, 2> same_pads(std::int64_t extent, int kernel, int stride) {
    const std::int64_t outputs = (extent + stride - 1) / stride;
    const std::int64_t total = std::max<std::int64_t>((outputs - 1) * stride + kernel - extent, 0);
    return {static_cast<int>(total / 2), static_cast<int>(total - total / 2)};
  }

  void set_window(const Operator& op, const Value& in, Layer& layer) {
    layer.stride = op.stride;
    if ((op.dilation[0] != 1 && layer.kernel[0] != 1) ||
        (op.dilation[1] != 1 && layer.kernel[1] != 1)) {
      fail("is dilated, which is not supported");
    }
    layer.pad = in.pad.value_or(traces::Padding{});
    if (op.same_padding) {
      const std::int64_t rows = in.shape[1] + layer.pad.top + layer.pad.bottom;
      const std::int64_t columns = in.shape[2] + layer.pad.left + layer.pad.right;
      const auto [top, bottom] = same_pads(rows, layer.kernel[0], op.stride[0]);
      const auto [left, right] = same_pads(columns, layer.kernel[1], op.stride[1]);
      layer.pad.top += top;
      layer.pad.bottom += bottom;
      layer.pad.left += left;
      layer.pad.right += right;
    }
  }

  void conv(const Operator& op) {
    const TensorInfo& weights = operand(op, 1);
    const Value in = value(op, 0);
    Layer layer;
    layer.op = Op::conv;
    layer.inputs = {image(op, 0)};
    if (weights.shape.size() != 4 || in.shape[3] % weights.shape[3] != 0) {
      fail(fmt::format("has weights of shape {} for an input of {}", to_string(weights.shape),
                       to_string(in.shape)));
    }
    layer.filters = weights.shape[0];
    layer.groups = static_cast<int>(in.shape[3] / weights.shape[3]);
    layer.kernel = {static_cast<int>(weights.shape[1]), static_cast<int>(weights.shape[2])};
    product(op, in, weights, {0, 3, 1, 2}, 0, std::move(layer));
  }

  /// Weights [1][rows][columns][channels * multiplier].
  void depthwise(const Operator& op) {
    const TensorInfo& weights = operand(op, 1);
    const Value in = value(op, 0);
    Layer layer;
    layer.op = Op::conv;
    layer.inputs = {image(op, 0)};
    if (weights.shape.size() != 4 || weights.shape[0] != 1 || weights.shape[3] % in.shape[3] != 0) {
      fail(fmt::format("has weights of shape {} for an input of {}", to_string(weights.shape),
                       to_string(in.shape)));
    }
    layer.filters = weights.shape[3];
    layer.groups = static_cast<int>(in.shape[3]);
    layer.kernel = {static_cast<int>(weights.shape[1]), static_cast<int>(weights.shape[2])};
    product(op, in, weights, {3, 0, 1, 2}, 3, std::move(layer));
  }

  void product(const Operator& op, const Value& in, const TensorInfo& weights,
               const std::vector<std::int64_t>& order, std::size_t output_axis, Layer layer) {
    set_window(op, in, layer);
    set_weights(op, weights, order, output_axis, layer);
    set_bias(op, layer);
    set_activation(op, layer);
    finish(op, std::move(layer));
  }

  void fully_connected(const Operator& op) {
    const TensorInfo& weights = operand(op, 1);
    const Value in = value(op, 0);
    if (weights.shape.size() != 2 || in.pad ||
        element_count(in.shape) / in.shape.at(0) != weights.shape[1]) {
      fail(fmt::format("has weights of shape {} for an input of {}", to_string(weights.shape),
                       to_string(in.shape)));
    }
    Layer layer;
    layer.op = Op::fc;
    if (in.at == Network::kInput) {
      builder_.set_input({weights.shape[1]}, batch_, label());
    }
    layer.inputs = {on_grid(op, 0, in.at)};
    layer.filters = weights.shape[0];
    set_weights(op, weights, {0, 1}, 0, layer);
    const TensorShape& map = builder_.network().shape_of(in.at);
    if (element_count(map) != weights.shape[1]) {
      fail(fmt::format("reads {} values of {}", weights.shape[1], to_string(map)));
    }
    if (map.size() == 3) {
      channels_first(map, layer);
    }
    set_bias(op, layer);
    set_activation(op, layer);
    finish(op, std::move(layer));
  }

  /// Columns of the matrix from [row][column][channel] to [channel][row][column].
  static void channels_first(const TensorShape& map, Layer& layer) {
    const Tensor as_file{{layer.filters, map[1], map[2], map[0]}, layer.weights};
    layer.weights = onnx::transposed({as_file}, {0, 3, 1, 2}).data.converted<float>();
  }

  // Pools

  void pool(const Operator& op, Op kind) {
    const Value in = value(op, 0);
    Layer layer;
    layer.op = kind;
    layer.inputs = {image(op, 0)};
    layer.kernel = op.kernel;
    set_window(op, in, layer);
    if (in.pad) {
      fail("pools what a PAD makes");
    }
    const bool fixed = is_fixed(op);
    if (fixed && *operand(op, 0).grid != *output(op).grid) {
      fail("has different scales or zero points on both sides");
    }
    if (kind == Op::avgpool && !fixed && layer.pad != traces::Padding{}) {
      fail("averages without the padding, which is supported for integers only");
    }
    if (kind == Op::maxpool && op.activation != Activation::none) {
      fail("has an activation");
    }
    set_activation(op, layer);
    finish(op, std::move(layer), kind == Op::maxpool);
  }
  void average_pool(const Operator& op) { pool(op, Op::avgpool); }
  void max_pool(const Operator& op) { pool(op, Op::maxpool); }

  void mean(const Operator& op) {
    const TensorInfo& axes = operand(op, 1);
    std::vector<std::int64_t> along = axes.data.converted<std::int64_t>();
    const Value in = value(op, 0);
    for (std::int64_t& axis : along) {
      axis += axis < 0 ? static_cast<std::int64_t>(in.shape.size()) : 0;
    }
    std::sort(along.begin(), along.end());
    if (along != std::vector<std::int64_t>{1, 2} || in.shape.size() != 4 || in.pad) {
      fail("averages along other axes than rows and columns");
    }
    Layer layer;
    layer.op = Op::avgpool;
    layer.inputs = {image(op, 0)};
    finish(op, std::move(layer));
  }

  // Sums and joins

  void join(const Operator& op, Op kind) {
    if (op.inputs.size() != 2 || !operand(op, 0).data.empty() || !operand(op, 1).data.empty()) {
      fail("joins a constant; two values of the network are supported");
    }
    Layer layer;
    layer.op = kind;
    layer.inputs = {any(op, 0), any(op, 1)};
    if (value(op, 0).shape != value(op, 1).shape) {
      fail(fmt::format("joins {} and {}", to_string(value(op, 0).shape),
                       to_string(value(op, 1).shape)));
    }
    if (operand(op, 0).grid.has_value() != operand(op, 1).grid.has_value()) {
      fail("joins codes and real values");
    }
    set_activation(op, layer);
    finish(op, std::move(layer));
  }
  void add(const Operator& op) { join(op, Op::add); }
  void mul(const Operator& op) { join(op, Op::mul); }

  void concat(const Operator& op) {
    Layer layer;
    layer.op = Op::concat;
    const auto rank = static_cast<int>(operand(op, 0).shape.size());
    if (op.axis != -1 && op.axis != rank - 1) {
      fail("joins along another axis than the channels");
    }
    if (op.activation != Activation::none) {
      fail("has an activation");
    }
    for (std::size_t i = 0; i < op.inputs.size(); ++i) {
      layer.inputs.push_back(any(op, i));
      if (operand(op, i).grid != output(op).grid) {
        fail("joins codes of other scales or zero points than those it makes");
      }
    }
    finish(op, std::move(layer), true);
  }

  /// RELU and RELU6 that stand alone: of real values.
  void activation(const Operator& op) {
    if (operand(op, 0).grid) {
      fail(
          "stands alone between codes; an activation is supported where it is part of an operator");
    }
    Layer layer;
    layer.op = Op::affine;
    layer.inputs = {any(op, 0)};
    layer.relu = op.name == "RELU";
    if (!layer.relu) {
      layer.clip = {0.0F, 6.0F};
    }
    finish(op, std::move(layer));
  }

  // Views

  void view(const Operator& op) {
    Value in = value(op, 0);
    const TensorShape& to = output(op).shape;
    if (in.pad || element_count(in.shape) != element_count(to) || to.empty() ||
        operand(op, 0).grid != output(op).grid) {
      fail(fmt::format("does not fit: from {} to {}", to_string(in.shape), to_string(to)));
    }
    in.shape = to;
    values_[op.outputs[0]] = std::move(in);
  }

  void pad(const Operator& op) {
    Value in = value(op, 0);
    const std::vector<std::int64_t> pads = operand(op, 1).data.converted<std::int64_t>();
    if (pads.size() != 8 || in.shape.size() != 4 || in.pad || pads[0] != 0 || pads[1] != 0 ||
        pads[6] != 0 || pads[7] != 0 || operand(op, 0).grid != output(op).grid ||
        std::any_of(pads.begin(), pads.end(),
                    [](std::int64_t each) { return each < 0 || each > 65535; })) {
      fail("pads with something else than zeros around the maps");
    }
    in.pad = {.top = static_cast<int>(pads[2]),
              .left = static_cast<int>(pads[4]),
              .bottom = static_cast<int>(pads[3]),
              .right = static_cast<int>(pads[5])};
    values_[op.outputs[0]] = std::move(in);
  }

  void quantize(const Operator& op) {
    if (!output(op).grid) {
      fail("makes no codes");
    }
    if (operand(op, 0).grid) {  // codes of one grid to another
      if (*operand(op, 0).grid == *output(op).grid) {
        view(op);
        return;
      }
      Layer layer;
      layer.op = Op::quantize;
      layer.inputs = {any(op, 0)};
      layer.grid = output(op).grid;
      layer.fixed_point = true;
      values_[op.outputs[0]] = {
          builder_.add(std::move(layer), fmt::format("quantize_{}", index_), label()),
          output(op).shape};
      return;
    }
    Layer layer;
    layer.op = Op::quantize;
    layer.inputs = {any(op, 0)};
    layer.grid = output(op).grid;
    values_[op.outputs[0]] = {
        builder_.add(std::move(layer), fmt::format("quantize_{}", index_), label()),
        output(op).shape};
  }

  void dequantize(const Operator& op) {
    if (!operand(op, 0).data.empty()) {
      fail("makes real values of a constant (float16 weights?)");
    }
    values_[op.outputs[0]] = value(op, 0);
  }

  /// Outside the accelerator, at the end of the network.
  void end(const Operator& op) {
    if (readers_[op.outputs[0]] > 0 && !only_ends_read(op.outputs[0])) {
      fail("is supported at the end of a network only, where it is left out");
    }
    builder_.note(fmt::format("{} at the end is computed outside the accelerator", op.name));
    values_[op.outputs[0]] = value(op, 0);
  }

  [[nodiscard]] bool only_ends_read(int output) const {
    return std::all_of(model_.operators.begin(), model_.operators.end(), [&](const Operator& each) {
      const bool reads =
          std::find(each.inputs.begin(), each.inputs.end(), output) != each.inputs.end();
      return !reads || each.name == "DEQUANTIZE" || each.name == "ARG_MAX";
    });
  }

  const Model& model_;
  ImportOptions options_;
  NetworkBuilder builder_;
  std::map<int, Value> values_;
  std::map<int, int> readers_;
  std::string input_codes_;
  std::int64_t batch_ = 1;
  std::size_t index_ = 0;
};

}  // namespace

ImportedNetwork import(const Model& model, const ImportOptions& options) {
  return Import{model, options}.run();
}

std::vector<std::string> operators() {
  std::vector<std::string> names;
  for (const auto& [name, handler] : Import::handlers()) {
    names.push_back(name);
  }
  return names;
}

}  // namespace turnpike::models::tflite
