// LSTM and GRU, forward, without peepholes, in the form PyTorch exports.

#include <algorithm>

#include <fmt/format.h>

#include "models/import/onnx_import.hpp"
#include "sim/base/printable.hpp"

namespace turnpike::models::onnx {
namespace {

struct Form {
  traces::Op op;
  std::int64_t gates;
  const char* order;        ///< of ONNX, in the letters of the trace format
  const char* activations;  ///< the only ones
};

/// [1][rows][columns] -> [columns][rows].
std::vector<float> turned(const Constant& weights) {
  const Constant flat{weights.data.visit([&](const auto& values) {
    return Tensor{{weights.data.shape()[1], weights.data.shape()[2]}, values};
  })};
  return transposed(flat, {1, 0}).data.converted<float>();
}

void refuse_variants(OnnxImport& import, const Node& node, const Form& form) {
  const Attributes attributes = import.attributes(node);
  if (attributes.text("direction", "forward") != "forward") {
    import.fail(node, fmt::format("runs {}; forward only is supported",
                                  printable(attributes.text("direction", ""))));
  }
  if (attributes.has("clip") || attributes.integer("input_forget", 0) != 0) {
    import.fail(node, "clips its gates or couples them (clip, input_forget)");
  }
  const std::string activations = attributes.text("activations", form.activations);
  if (activations != form.activations) {
    import.fail(node, fmt::format("has the activations {}", printable(activations)));
  }
  if (form.op == traces::Op::gru && attributes.integer("linear_before_reset", 0) == 0) {
    import.fail(node,
                "resets its state before the product (linear_before_reset 0); PyTorch's form "
                "is supported");
  }
  if (node.has_input(7)) {
    import.fail(node, "has peepholes");
  }
  if (node.has_input(4)) {
    const std::vector<double> lengths = import.numbers(node, 4, "the lengths");
    if (lengths.size() != 1) {
      import.fail(node, "runs sequences of several lengths");
    }
  }
}

/// States start at 0: constants must be, and what the model leaves open is taken to be.
void check_states(OnnxImport& import, const Node& node) {
  for (const std::size_t i : {std::size_t{5}, std::size_t{6}}) {
    if (!node.has_input(i)) {
      continue;
    }
    const Value& state = import.input(node, i);
    if (!state.constant) {
      if (state.at != kOtherInput) {
        import.fail(node, "starts with a state that is computed");
      }
      import.builder().note(fmt::format("'{}' starts with states of 0, not with the input '{}'",
                                        printable(node.name), printable(node.inputs[i])));
      continue;
    }
    for (const double value : state.constant->data.converted<double>()) {
      if (value != 0.0) {
        import.fail(node, "starts with states other than 0");
      }
    }
  }
}

void set_biases(OnnxImport& import, const Node& node, std::int64_t width, Layer& layer) {
  const std::vector<double> all = import.numbers(node, 3, "the biases");
  if (all.empty()) {
    return;
  }
  const auto half = static_cast<std::size_t>(width);
  if (all.size() != 2 * half) {
    import.fail(node, fmt::format("has {} biases, expected {}", all.size(), 2 * half));
  }
  const bool apart = layer.op == traces::Op::gru;
  for (std::size_t i = 0; i < half; ++i) {
    layer.bias.push_back(static_cast<float>(apart ? all[i] : all[i] + all[half + i]));
    if (apart) {
      layer.recurrent_bias.push_back(static_cast<float>(all[half + i]));
    }
  }
}

void recurrent(OnnxImport& import, const Node& node, const Form& form) {
  refuse_variants(import, node, form);
  check_states(import, node);
  const Value x = import.input(node);
  if (x.at == kOtherInput) {
    import.fail(node, "reads a second input; one is supported");
  }
  const Constant& w = import.constant(node, 1, "the weights");
  const Constant& r = import.constant(node, 2, "the recurrent weights");
  const TensorShape& ws = w.data.shape();
  const TensorShape& rs = r.data.shape();
  const bool batch_first = import.attributes(node).integer("layout", 0) != 0;
  if (x.shape.size() != 3 || x.shape[batch_first ? 0 : 1] != 1) {
    import.fail(node, fmt::format("reads {}; one sequence, [steps, 1, features], is supported",
                                  to_string(x.shape)));
  }
  const std::int64_t hidden = rs.size() == 3 ? rs[2] : 0;
  const std::int64_t width = form.gates * hidden;
  if (hidden < 1 || ws != TensorShape{1, width, x.shape[2]} ||
      rs != TensorShape{1, width, hidden} ||
      import.attributes(node).integer("hidden_size", hidden) != hidden) {
    import.fail(node, fmt::format("has weights of shapes {} and {} for {} features", to_string(ws),
                                  to_string(rs), x.shape[2]));
  }
  Layer layer;
  layer.op = form.op;
  layer.inputs = {import.sequence(node, x)};
  layer.filters = hidden;
  layer.steps = x.shape[batch_first ? 1 : 0];
  layer.gate_order = form.order;
  layer.weights = turned(w);
  layer.recurrent_weights = turned(r);
  set_biases(import, node, width, layer);
  const std::int64_t steps = layer.steps;
  const std::string name = import.add(std::move(layer), node);
  const auto output = [&](TensorShape shape, std::size_t which) {
    Value value{.shape = std::move(shape), .constant = {}, .at = name, .grid = {}, .origin = {}};
    value.shared = true;
    import.define(node, std::move(value), which);
  };
  output(batch_first ? TensorShape{1, steps, 1, hidden} : TensorShape{steps, 1, 1, hidden}, 0);
  if (node.outputs.size() > 1 && import.readers(node.outputs[1]) > 0) {
    if (steps > 1) {
      import.builder().note(
          fmt::format("'{}': its last state is read; what follows is computed at "
                      "every step here",
                      printable(node.name)));
    }
    output(batch_first ? TensorShape{steps, 1, hidden} : TensorShape{1, steps, hidden}, 1);
  }
}

void lstm(OnnxImport& import, const Node& node) {
  recurrent(import, node, {traces::Op::lstm, 4, "i,o,f,g", "Sigmoid,Tanh,Tanh"});
}

void gru(OnnxImport& import, const Node& node) {
  recurrent(import, node, {traces::Op::gru, 3, "z,r,n", "Sigmoid,Tanh"});
}

}  // namespace

const std::vector<OnnxOperator>& recurrent_operators() {
  static const std::vector<OnnxOperator> list = {{"", "LSTM", 7, 22, lstm},
                                                 {"", "GRU", 7, 22, gru}};
  return list;
}

}  // namespace turnpike::models::onnx
