// PyTorch's form: r, z = sigmoid(Wx x + (Wh h_prev + state bias) + bias);
// n = tanh(Wx x + bias + r * (Wh h_prev + state bias));
// h = (1 - z) * n + z * h_before. Its preact of n is the argument of the tanh.

#include <cmath>

#include "models/ops/recurrent.hpp"
#include "traces/arithmetic.hpp"

namespace turnpike::models {
namespace {

constexpr LayerKey kGateOrder{.key = "gate_order",
                              .type = "text",
                              .form = "an order of r,z,n",
                              .absent = "r,z,n",
                              .meaning = "gates along the weights' last axis"};
constexpr std::array kKeys = {kHidden, kSteps, kGateOrder, kCandidate};

void read(LayerReader& keys, Layer& layer) {
  read_recurrent(keys, layer, kGateOrder);
}

std::string infer_shape(Layer& layer, const std::vector<TensorShape>& inputs, std::int64_t batch) {
  return infer_recurrent(layer, inputs[0], batch, kGateOrder);
}

void float_cell(const FloatGates& gates, std::size_t cell, double& /*c*/, float& h) {
  const std::size_t at = gates.at('n', cell);
  const double r = traces::sigmoid(gates.sum('r', cell));
  const double z = traces::sigmoid(gates.sum('z', cell));
  const double n = std::tanh(gates.from_input[at] + gates.bias(at) +
                             r * (gates.from_state[at] + gates.recurrent_bias(at)));
  h = static_cast<float>((1.0 - z) * n + z * static_cast<double>(h));
}

FloatResult forward(const FloatOperands& operands) {
  return {.output = float_recurrent(operands, float_cell).output};
}

std::vector<double> step(RecurrentRun& run, const std::vector<double>& a,
                         const std::vector<double>& b) {
  const std::size_t r = run.column('r');
  const std::size_t z = run.column('z');
  const std::size_t n = run.column('n');
  std::vector<double> sum(a.size());
  std::vector<double> gate(a.size());
  for (std::size_t i = 0; i < run.hidden; ++i) {
    sum[r + i] = a[r + i] + (b[r + i] + run.recurrent_bias[r + i]) + run.bias[r + i];
    sum[z + i] = a[z + i] + (b[z + i] + run.recurrent_bias[z + i]) + run.bias[z + i];
    gate[r + i] = traces::sigmoid(sum[r + i]);
    gate[z + i] = traces::sigmoid(sum[z + i]);
  }
  const std::vector<double> reset = run.seen_gates(gate);
  for (std::size_t i = 0; i < run.hidden; ++i) {
    sum[n + i] = a[n + i] + run.bias[n + i] + reset[r + i] * (b[n + i] + run.recurrent_bias[n + i]);
    gate[n + i] = std::tanh(sum[n + i]);
  }
  run.preact.add(sum);
  gate = run.add_gates(gate);
  std::vector<double> h(run.hidden);
  for (std::size_t i = 0; i < run.hidden; ++i) {
    h[i] = (1.0 - gate[z + i]) * gate[n + i] + gate[z + i] * run.h[i];
  }
  return h;
}

LayerOutputs execute(const LayerOperands& operands) {
  return quantized_recurrent(operands, step);
}

void lower(GraphBuilder& graph, const Layer& layer, traces::LayerEntry entry) {
  lower_recurrent(graph, layer, std::move(entry), false);
}

}  // namespace

extern constexpr Operation kGru{.op = traces::Op::gru,
                                .keys = kKeys,
                                .read = read,
                                .infer_shape = infer_shape,
                                .weight_shapes = recurrent_weight_shapes,
                                .has_bias = true,
                                .forward = forward,
                                .execute = execute,
                                .lower = lower};

}  // namespace turnpike::models
