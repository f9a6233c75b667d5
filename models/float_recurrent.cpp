#include "models/float_recurrent.hpp"

#include <cmath>

#include "traces/arithmetic.hpp"

namespace turnpike::models {
namespace {

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

struct GateReader {
  const Layer& layer;
  const std::vector<double>& a;  ///< Wx x
  const std::vector<double>& b;  ///< Wh h

  [[nodiscard]] std::size_t at(char gate, std::size_t i) const {
    return layer.gate_order.find(gate) / 2 * static_cast<std::size_t>(layer.filters) + i;
  }
  [[nodiscard]] double bias(std::size_t at) const {
    return layer.bias.empty() ? 0.0 : static_cast<double>(layer.bias[at]);
  }
  [[nodiscard]] double sum(char gate, std::size_t i) const {
    return a[at(gate, i)] + b[at(gate, i)] + bias(at(gate, i));
  }
};

}  // namespace

RecurrentValues float_recurrent(const Layer& layer, const std::vector<float>& input) {
  const auto hidden = static_cast<std::size_t>(layer.filters);
  const std::int64_t width = layer.gates() * layer.filters;
  const std::int64_t features = layer.input_shape.at(1);
  std::vector<double> c(hidden, 0.0);
  std::vector<float> h(hidden, 0.0F);
  RecurrentValues out;
  for (std::int64_t t = 0; t < layer.steps; ++t) {
    const auto a = product(input.data() + t * features, features, layer.weights, width);
    const auto b = product(h.data(), layer.filters, layer.recurrent_weights, width);
    const GateReader gates{layer, a, b};
    for (std::size_t i = 0; i < hidden; ++i) {
      if (layer.kind == LayerKind::lstm) {
        c[i] = traces::sigmoid(gates.sum('f', i)) * c[i] +
               std::tanh(gates.sum('g', i)) * traces::sigmoid(gates.sum('i', i));
        h[i] = static_cast<float>(traces::sigmoid(gates.sum('o', i)) * std::tanh(c[i]));
        out.cell.push_back(static_cast<float>(c[i]));
        continue;
      }
      const std::size_t n_at = gates.at('n', i);
      const double r = traces::sigmoid(gates.sum('r', i));
      const double z = traces::sigmoid(gates.sum('z', i));
      const double n = std::tanh(a[n_at] + gates.bias(n_at) + r * b[n_at]);
      h[i] = static_cast<float>((1.0 - z) * n + z * static_cast<double>(h[i]));
    }
    out.output.insert(out.output.end(), h.begin(), h.end());
  }
  return out;
}

}  // namespace turnpike::models
