// Operators on integer codes: QLinearConv, QLinearMatMul, and those ONNX Runtime adds to them.

#include <fmt/format.h>

#include "models/import/onnx_quantizers.hpp"
#include "models/import/onnx_windows.hpp"

namespace turnpike::models::onnx {
namespace {

constexpr std::string_view kMicrosoft = "com.microsoft";

/// Nodes put in place of one, with names derived from it.
class Expansion {
 public:
  Expansion(OnnxImport& import, const Node& node) : import_{import}, node_{node} {}

  /// A name for a value between the nodes.
  [[nodiscard]] std::string between(std::string_view what) const {
    return fmt::format("{}\x01{}", node_.outputs.at(0), what);
  }

  /// Real values of the operand at inputs first, first + 1, first + 2 (codes, scale, zero point).
  std::string real(std::size_t first, std::int64_t axis) {
    const std::string out = between(fmt::format("operand{}", first));
    const Value& codes = import_.input(node_, first);
    Node part = node_;
    part.outputs = {out};
    StatedGrid grid = integer_grid(import_, node_, first + 1);
    if (codes.constant) {
      Value value = dequantized(import_, node_, codes, grid, axis);
      import_.define(part, std::move(value));
      return out;
    }
    if (!codes.codes || !codes.grid || codes.grid->scale != grid.scale ||
        codes.grid->zero_point != grid.zero_point) {
      import_.fail(node_, fmt::format("its input {} has another scale or zero point than where it "
                                      "is made",
                                      first));
    }
    Value value = codes;
    value.codes = false;
    import_.define(part, std::move(value));
    return out;
  }

  /// Runs `op` of ONNX on the named values; its output's name.
  std::string run(const std::string& op, std::vector<std::string> inputs) {
    Node part = node_;
    part.domain = "";
    part.op = op;
    part.inputs = std::move(inputs);
    part.outputs = {between("result")};
    for (const OnnxOperator& each : all_operators()) {
      if (each.domain.empty() && each.name == op) {
        each.handle(import_, part);
      }
    }
    return part.outputs[0];
  }

  /// Codes of `value`, by the scale at `scale` and the zero point behind it.
  void store(const std::string& value, std::size_t scale) {
    Node part = node_;
    part.inputs = {value};
    quantize_value(import_, node_, import_.input(part), integer_grid(import_, node_, scale), true);
  }

  /// A constant of int32 codes in steps of two scales.
  std::string bias(std::size_t input, std::size_t x_scale, std::size_t w_scale) {
    if (!node_.has_input(input)) {
      return "";
    }
    std::vector<double> values = import_.numbers(node_, input, "the bias");
    const double x = import_.number(node_, x_scale, 1.0, "the scale");
    const std::vector<double> w = import_.numbers(node_, w_scale, "the scale");
    if (w.empty() || (w.size() > 1 && w.size() != values.size())) {
      import_.fail(node_, "has biases and scales of unequal number");
    }
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] *= x * w[w.size() == 1 ? 0 : i];
    }
    Node part = node_;
    part.outputs = {between("bias")};
    const TensorShape shape{static_cast<std::int64_t>(values.size())};
    import_.define(
        part,
        {.shape = shape,
         .constant = Constant{Tensor{shape, std::vector<float>(values.begin(), values.end())}},
         .at = {},
         .grid = {},
         .origin = {}});
    return part.outputs[0];
  }

 private:
  OnnxImport& import_;
  const Node& node_;
};

void qlinear_conv(OnnxImport& import, const Node& node) {
  Expansion parts{import, node};
  const std::string x = parts.real(0, 1);
  const std::string w = parts.real(3, 0);
  parts.store(parts.run("Conv", {x, w, parts.bias(8, 1, 4)}), 6);
}

void qlinear_matmul(OnnxImport& import, const Node& node) {
  Expansion parts{import, node};
  const std::string a = parts.real(0, 1);
  const std::string b = parts.real(3, 1);
  parts.store(parts.run("MatMul", {a, b}), 6);
}

void qgemm(OnnxImport& import, const Node& node) {
  Expansion parts{import, node};
  const bool turned = import.attributes(node).integer("transB", 0) != 0;
  const std::string a = parts.real(0, 1);
  const std::string b = parts.real(3, turned ? 0 : 1);
  const std::string sum = parts.run("Gemm", {a, b, parts.bias(6, 1, 4)});
  if (!node.has_input(7)) {
    import.fail(node, "hands on real values (no output scale)");
  }
  parts.store(sum, 7);
}

void two_operands(OnnxImport& import, const Node& node, const std::string& op) {
  Expansion parts{import, node};
  const std::string a = parts.real(0, 1);
  const std::string b = parts.real(3, 1);
  parts.store(parts.run(op, {a, b}), 6);
}

void qlinear_add(OnnxImport& import, const Node& node) {
  two_operands(import, node, "Add");
}

void qlinear_mul(OnnxImport& import, const Node& node) {
  two_operands(import, node, "Mul");
}

void one_operand(OnnxImport& import, const Node& node, const std::string& op) {
  if (import.attributes(node).integer("channels_last", 0) != 0) {
    import.fail(node, "has its channels last");
  }
  Expansion parts{import, node};
  parts.store(parts.run(op, {parts.real(0, 1)}), 3);
}

void qlinear_global_average(OnnxImport& import, const Node& node) {
  one_operand(import, node, "GlobalAveragePool");
}

void qlinear_average(OnnxImport& import, const Node& node) {
  one_operand(import, node, "AveragePool");
}

/// Output scale and zero point come first, then each input with its own.
void qlinear_concat(OnnxImport& import, const Node& node) {
  Expansion parts{import, node};
  std::vector<std::string> inputs;
  for (std::size_t i = 2; i + 2 < node.inputs.size(); i += 3) {
    inputs.push_back(parts.real(i, 1));
  }
  if (inputs.empty()) {
    import.fail(node, "joins nothing");
  }
  parts.store(parts.run("Concat", inputs), 0);
}

}  // namespace

const std::vector<OnnxOperator>& qlinear_operators() {
  static const std::vector<OnnxOperator> list = {
      {"", "QLinearConv", 10, 23, qlinear_conv},
      {"", "QLinearMatMul", 10, 23, qlinear_matmul},
      {kMicrosoft, "QGemm", 1, 1, qgemm},
      {kMicrosoft, "QLinearAdd", 1, 1, qlinear_add},
      {kMicrosoft, "QLinearMul", 1, 1, qlinear_mul},
      {kMicrosoft, "QLinearGlobalAveragePool", 1, 1, qlinear_global_average},
      {kMicrosoft, "QLinearAveragePool", 1, 1, qlinear_average},
      {kMicrosoft, "QLinearConcat", 1, 1, qlinear_concat}};
  return list;
}

}  // namespace turnpike::models::onnx
