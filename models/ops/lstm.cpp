// preact = Wx x + Wh h_prev + bias; f, i, o = sigmoid, g = tanh; c = f * c_prev + g * i;
// h = o * tanh(c).

#include <algorithm>
#include <cmath>

#include "models/ops/recurrent.hpp"
#include "traces/arithmetic.hpp"

namespace turnpike::models {
namespace {

constexpr LayerKey kGateOrder{.key = "gate_order",
                              .type = "text",
                              .form = "an order of i,f,g,o",
                              .absent = "i,f,g,o",
                              .meaning = "gates along the weights' last axis"};
constexpr LayerKey kCellTanh{.key = "cell_tanh",
                             .type = "choice",
                             .form = "real, codes",
                             .absent = "real",
                             .meaning = "tanh(c) before o multiplies it: as it is, or in k bits"};
constexpr LayerKey kTanhOf{.key = "tanh_of",
                           .type = "choice",
                           .form = "stored, computed",
                           .absent = "stored",
                           .meaning =
                               "the c that h is made of: as the next step reads it, or before "
                               "it is quantized"};
constexpr LayerKey kHighwayRange{.key = "highway_range",
                                 .type = "choice",
                                 .form = "mse, max",
                                 .absent = "mse",
                                 .meaning = "range of c on the highway"};
constexpr std::array kKeys = {kHidden,   kSteps,  kGateOrder,   kCandidate,
                              kCellTanh, kTanhOf, kHighwayRange};

void read(LayerReader& keys, Layer& layer) {
  read_recurrent(keys, layer, kGateOrder);
  layer.places.coded_tanh = keys.choice_or(kCellTanh) == "codes";
  layer.places.tanh_of_computed = keys.choice_or(kTanhOf) == "computed";
  layer.places.highway_range = keys.choice_or(kHighwayRange) == "max"
                                   ? config::ActivationQuantizer::max
                                   : config::ActivationQuantizer::mse;
}

std::string infer_shape(Layer& layer, const std::vector<TensorShape>& inputs, std::int64_t batch) {
  return infer_recurrent(layer, inputs[0], batch, kGateOrder);
}

void float_cell(const FloatGates& gates, std::size_t cell, double& c, float& h) {
  c = traces::sigmoid(gates.sum('f', cell)) * c +
      std::tanh(gates.sum('g', cell)) * traces::sigmoid(gates.sum('i', cell));
  h = static_cast<float>(traces::sigmoid(gates.sum('o', cell)) * std::tanh(c));
}

FloatResult forward(const FloatOperands& operands) {
  return float_recurrent(operands, float_cell);
}

std::vector<double> step(RecurrentRun& run, const std::vector<double>& a,
                         const std::vector<double>& b) {
  std::vector<double> sum(a.size());
  for (std::size_t i = 0; i < sum.size(); ++i) {
    sum[i] = a[i] + b[i] + run.bias[i];
  }
  sum = run.preact.add(sum);
  const std::size_t f = run.column('f');
  const std::size_t g = run.column('g');
  const std::size_t in = run.column('i');
  const std::size_t o = run.column('o');
  for (std::size_t i = 0; i < sum.size(); ++i) {
    sum[i] = i >= g && i < g + run.hidden ? std::tanh(sum[i]) : traces::sigmoid(sum[i]);
  }
  const std::vector<double> gate = run.add_gates(sum);
  std::vector<double> c(run.hidden);
  for (std::size_t i = 0; i < run.hidden; ++i) {
    c[i] = gate[f + i] * run.c[i] + gate[g + i] * gate[in + i];
  }
  run.c = run.cell.add(c);
  const std::vector<double>& read = run.spec.tanh_of_computed ? c : run.c;
  std::vector<double> h(run.hidden);
  std::transform(read.begin(), read.end(), h.begin(), [](double each) { return std::tanh(each); });
  h = run.cell_tanh.add(h);
  for (std::size_t i = 0; i < run.hidden; ++i) {
    h[i] *= gate[o + i];
  }
  return h;
}

LayerOutputs execute(const LayerOperands& operands) {
  return quantized_recurrent(operands, step);
}

void lower(GraphBuilder& graph, const Layer& layer, traces::LayerEntry entry) {
  lower_recurrent(graph, layer, std::move(entry), true);
}

}  // namespace

extern constexpr Operation kLstm{.op = traces::Op::lstm,
                                 .keys = kKeys,
                                 .read = read,
                                 .infer_shape = infer_shape,
                                 .weight_shapes = recurrent_weight_shapes,
                                 .has_bias = true,
                                 .forward = forward,
                                 .execute = execute,
                                 .lower = lower};

}  // namespace turnpike::models
