#include "models/ops/recurrent.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "models/operands.hpp"
#include "sim/base/error.hpp"

namespace turnpike::models {
namespace {

using traces::TensorDeclaration;
using traces::TensorView;

/// [rows][columns] -> [columns][rows], in the same element type.
Tensor transposed(const Tensor& matrix) {
  const std::int64_t rows = matrix.shape().at(0);
  const std::int64_t columns = matrix.shape().at(1);
  return matrix.visit([&](const auto& in) {
    auto out = in;
    for (std::int64_t r = 0; r < rows; ++r) {
      for (std::int64_t c = 0; c < columns; ++c) {
        out[static_cast<std::size_t>(c * rows + r)] = in[static_cast<std::size_t>(r * columns + c)];
      }
    }
    return Tensor{{columns, rows}, std::move(out)};
  });
}

/// Row `step` of a matrix, [1][columns].
Tensor row_of(const Tensor& matrix, std::int64_t step) {
  const std::int64_t columns = matrix.shape().at(1);
  return matrix.visit([&](const auto& values) {
    using Values = std::decay_t<decltype(values)>;
    const auto first = values.begin() + step * columns;
    return Tensor{{1, columns}, Values(first, first + columns)};
  });
}

/// One of the two matrix products of a step, with its weights turned to [gates * H][in].
class StepProduct {
 public:
  StepProduct(const TensorDeclaration& operand, const TensorView& weights)
      : operand_{operand}, declared_{weights.declared}, weights_{transposed(weights.data)} {
    if (declared_.axis) {
      declared_.axis = 0;  // a scale per output stays with its output
    }
    shape_.channels = weights_.shape()[1];
    shape_.filters = weights_.shape()[0];
    if (operand_.is_float() || declared_.is_float()) {
      filter_ = real_values({declared_, weights_});
    } else {
      codes_.emplace(shape_, operand_, weight_operand({declared_, weights_}));
    }
  }

  /// Real values of the product with `row`, [1][in].
  [[nodiscard]] std::vector<double> of(const Tensor& row) const {
    if (codes_) {
      return codes_->of(row);
    }
    std::vector<double> out(static_cast<std::size_t>(shape_.filters));
    const std::vector<double> activation = real_values({operand_, row});
    convolve<double>(shape_, activation.data(), filter_.data(), out.data());
    return out;
  }

 private:
  const TensorDeclaration& operand_;
  TensorDeclaration declared_;
  Tensor weights_;
  ConvShape shape_;
  std::vector<double> filter_;            ///< real weights, if an operand is real
  std::optional<PreparedProduct> codes_;  ///< else
};

/// out[j] = sum over i of x[i] * weights[i][j].
std::vector<double> product(const float* x, std::int64_t inputs, const std::vector<float>& weights,
                            std::int64_t outputs) {
  std::vector<double> out(static_cast<std::size_t>(outputs), 0.0);
  for (std::int64_t i = 0; i < inputs; ++i) {
    const float* const row = weights.data() + i * outputs;
    for (std::int64_t j = 0; j < outputs; ++j) {
      out[static_cast<std::size_t>(j)] += static_cast<double>(x[i]) * static_cast<double>(row[j]);
    }
  }
  return out;
}

bool is_order_of(const std::string& order, std::string_view gates) {
  bool good = order.size() == gates.size() &&
              std::is_permutation(order.begin(), order.end(), gates.begin());
  for (std::size_t i = 1; good && i < order.size(); i += 2) {
    good = order[i] == ',';
  }
  return good;
}

}  // namespace

void read_recurrent(LayerReader& keys, Layer& layer, const LayerKey& gate_order) {
  layer.filters = keys.integer(kHidden);
  layer.steps = keys.integer_or(kSteps, 1);
  const std::string key{gate_order.key};
  layer.gate_order = keys.map().opt_string(key).value_or(std::string{gate_order.absent});
  if (!is_order_of(layer.gate_order, gate_order.absent)) {
    keys.map().fail(key, fmt::format("'{}' is '{}', but must be an order of {}", key,
                                     layer.gate_order, gate_order.absent));
  }
  layer.places.own_candidate = keys.choice_or(kCandidate) == "own";
}

std::string infer_recurrent(Layer& layer, const TensorShape& input, std::int64_t batch,
                            const LayerKey& gate_order) {
  if (input.size() != 2 || input[0] != layer.steps) {
    return fmt::format("needs an input of [steps = {}, features], got {}", layer.steps,
                       to_string(input));
  }
  if (batch != 1) {
    return fmt::format("a recurrent layer runs one sequence (batch 1), not {}", batch);
  }
  if (layer.filters < 1) {
    return "needs at least one hidden cell";
  }
  if (layer.gate_order.empty()) {
    layer.gate_order = gate_order.absent;
  }
  layer.output_shape = {layer.steps, layer.filters};
  return "";
}

std::vector<TensorShape> recurrent_weight_shapes(const Layer& layer) {
  const std::int64_t width = layer.gates() * layer.filters;
  return {{layer.input_shape.at(1), width}, {layer.filters, width}};
}

void lower_recurrent(GraphBuilder& graph, const Layer& layer, traces::LayerEntry entry,
                     bool has_cell) {
  const int bits = graph.activation_bits(layer);
  const std::string& name = layer.name;
  const auto ranged = [](const std::string& value, std::optional<double> clip) {
    return TensorPlan{.value = value, .grid = Grid::fractional, .clip = clip, .zero_fraction = {}};
  };
  traces::Recurrent recurrent;
  recurrent.gate_order = layer.gate_order;
  recurrent.hidden = layer.filters;
  recurrent.steps = layer.steps;
  recurrent.preact = name + ".preact";
  recurrent.gates = name + ".gates";
  graph.add_codes(name + ".h_prev.q", bits, ranged(name, 1.0));
  entry.inputs.push_back(name + ".h_prev.q");
  if (!layer.bias.empty()) {
    recurrent.bias = name + ".bias";
    graph.add_float(recurrent.bias);
  }
  if (!layer.recurrent_bias.empty()) {
    recurrent.recurrent_bias = name + ".recurrent_bias";
    graph.add_float(recurrent.recurrent_bias);
  }
  graph.add_float(recurrent.preact);
  // The grid 1 / (2^k - 1) of a sigmoid, in k + 1 signed bits if a tanh is among them.
  graph.add_codes(recurrent.gates, layer.places.own_candidate ? bits : bits + 1,
                  {.value = name,
                   .grid = layer.places.own_candidate ? Grid::positive : Grid::symmetric,
                   .clip = 1.0,
                   .zero_fraction = {}});
  if (layer.places.own_candidate) {
    recurrent.candidate = name + ".candidate";
    graph.add_codes(recurrent.candidate, bits, ranged(name, 1.0));
  }
  if (has_cell) {
    recurrent.cell = name + ".c";
    TensorPlan cell = ranged(name + ".cell", graph.cell_clip(layer));
    if (cell.clip) {
      cell.quantizer = config::ActivationQuantizer::pact;  // on a highway its range is another
    }
    cell.on_highway = layer.places.highway_range;
    graph.add_codes(recurrent.cell, bits, std::move(cell));
    recurrent.tanh_of_computed = layer.places.tanh_of_computed;
    if (layer.places.coded_tanh) {
      recurrent.cell_tanh = name + ".cell_tanh";
      graph.add_codes(recurrent.cell_tanh, bits, ranged(name, 1.0));
    }
  }
  entry.output = name + ".h";
  graph.add_codes(entry.output, bits, ranged(name, 1.0));
  entry.recurrent = std::move(recurrent);
  graph.add_stored(layer, std::move(entry), bits);
}

std::size_t FloatGates::at(char gate, std::size_t cell) const {
  return layer.gate_order.find(gate) / 2 * static_cast<std::size_t>(layer.filters) + cell;
}

double FloatGates::bias(std::size_t at) const {
  return layer.bias.empty() ? 0.0 : static_cast<double>(layer.bias[at]);
}

double FloatGates::recurrent_bias(std::size_t at) const {
  return layer.recurrent_bias.empty() ? 0.0 : static_cast<double>(layer.recurrent_bias[at]);
}

double FloatGates::sum(char gate, std::size_t cell) const {
  const std::size_t i = at(gate, cell);
  return from_input[i] + (from_state[i] + recurrent_bias(i)) + bias(i);
}

FloatResult float_recurrent(const FloatOperands& operands, FloatCell cell) {
  const Layer& layer = operands.layer;
  const auto hidden = static_cast<std::size_t>(layer.filters);
  const std::int64_t width = layer.gates() * layer.filters;
  const std::int64_t features = layer.input_shape.at(1);
  std::vector<double> c(hidden, 0.0);
  std::vector<float> h(hidden, 0.0F);
  FloatResult out;
  for (std::int64_t t = 0; t < layer.steps; ++t) {
    const auto a = product(operands.values().data() + t * features, features, layer.weights, width);
    const auto b = product(h.data(), layer.filters, layer.recurrent_weights, width);
    const FloatGates gates{layer, a, b};
    for (std::size_t i = 0; i < hidden; ++i) {
      cell(gates, i, c[i], h[i]);
    }
    out.state.insert(out.state.end(), c.begin(), c.end());
    out.output.insert(out.output.end(), h.begin(), h.end());
  }
  return out;
}

Rows::Rows(const LayerOperands& layer, const std::string& name, std::int64_t width)
    : name_{name}, width_{width} {
  if (!name.empty()) {
    target_.emplace(layer.target(name));
  }
}

std::vector<double> Rows::add(const std::vector<double>& row) {
  std::vector<double> read = seen(row);
  values_.insert(values_.end(), read.begin(), read.end());
  return read;
}

std::vector<double> Rows::seen(const std::vector<double>& row) const {
  if (!target_ || target_->declared.is_float()) {
    return row;
  }
  const Tensor one = stored(target_->declared, row, {1, width_});
  return real_values({target_->declared, one});
}

void Rows::put(std::int64_t steps, LayerOutputs& outputs) const {
  if (target_) {
    outputs.emplace(name_, stored(target_->declared, values_, {steps, width_}, target_->single));
  }
}

RecurrentRun::RecurrentRun(const LayerOperands& layer)
    : spec{layer.entry().recurrent.value()},
      hidden{static_cast<std::size_t>(spec.hidden)},
      width{layer.weights().data.shape().at(1)},
      preact{layer, spec.preact, width},
      gates{layer, spec.gates, spec.candidate.empty() ? width : width - spec.hidden},
      candidate{layer, spec.candidate, spec.hidden},
      cell{layer, spec.cell, spec.hidden},
      cell_tanh{layer, spec.cell_tanh, spec.hidden},
      output{layer, layer.entry().output, spec.hidden},
      bias(static_cast<std::size_t>(width)),
      recurrent_bias(static_cast<std::size_t>(width)),
      c(hidden),
      h(hidden) {
  if (!spec.bias.empty()) {
    bias = layer.view(spec.bias).data.converted<double>();
  }
  if (!spec.recurrent_bias.empty()) {
    recurrent_bias = layer.view(spec.recurrent_bias).data.converted<double>();
  }
  ensure(bias.size() == static_cast<std::size_t>(width) && recurrent_bias.size() == bias.size(),
         "one bias a gate and cell");
}

std::size_t RecurrentRun::column(char gate) const {
  const std::size_t found = spec.gate_order.find(gate);
  ensure(found != std::string::npos && found % 2 == 0,
         fmt::format("gate order '{}' names gate {}", spec.gate_order, gate));
  return found / 2 * hidden;
}

std::pair<std::ptrdiff_t, std::ptrdiff_t> RecurrentRun::apart() const {
  if (spec.candidate.empty()) {
    return {0, 0};
  }
  const bool lstm = spec.gate_order.find('g') != std::string::npos;
  const auto first = static_cast<std::ptrdiff_t>(column(lstm ? 'g' : 'n'));
  return {first, first + spec.hidden};
}

std::vector<double> RecurrentRun::add_gates(const std::vector<double>& row) {
  const auto [first, last] = apart();
  std::vector<double> others = row;
  others.erase(others.begin() + first, others.begin() + last);
  others = gates.add(others);
  const std::vector<double> own = candidate.add({row.begin() + first, row.begin() + last});
  others.insert(others.begin() + first, own.begin(), own.end());
  return others;
}

std::vector<double> RecurrentRun::seen_gates(const std::vector<double>& row) const {
  const auto [first, last] = apart();
  std::vector<double> others = row;
  others.erase(others.begin() + first, others.begin() + last);
  others = gates.seen(others);
  others.insert(others.begin() + first, row.begin() + first, row.begin() + last);
  return others;
}

LayerOutputs quantized_recurrent(const LayerOperands& operands, QuantizedStep step) {
  RecurrentRun run{operands};
  const TensorView x = operands.input(0);
  const std::string& state = operands.entry().inputs.at(1);
  const Target h_prev = operands.target(state);
  const bool given = operands.has_input(1);
  const StepProduct from_input{x.declared, operands.weights(0)};
  const StepProduct from_state{h_prev.declared, operands.weights(1)};
  std::vector<double> fed;  // h_prev of every step
  for (std::int64_t t = 0; t < run.spec.steps; ++t) {
    fed.insert(fed.end(), run.h.begin(), run.h.end());
    const Tensor before = given ? row_of(operands.input(1).data, t)
                                : stored(h_prev.declared, run.h, {1, run.spec.hidden});
    run.h = run.output.add(step(run, from_input.of(row_of(x.data, t)), from_state.of(before)));
  }
  LayerOutputs outputs;
  if (!given) {
    outputs.emplace(state, stored(h_prev.declared, fed, {run.spec.steps, run.spec.hidden}));
  }
  for (const Rows* rows :
       {&run.preact, &run.gates, &run.candidate, &run.cell, &run.cell_tanh, &run.output}) {
    rows->put(run.spec.steps, outputs);
  }
  return outputs;
}

}  // namespace turnpike::models
