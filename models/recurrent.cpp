#include "models/recurrent.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "models/operands.hpp"
#include "sim/base/error.hpp"
#include "traces/arithmetic.hpp"

namespace turnpike::models {
namespace {

using traces::TensorEntry;

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

/// The entry without its data.
TensorEntry described(const TensorEntry& from) {
  TensorEntry entry;
  entry.name = from.name;
  entry.kind = from.kind;
  entry.bits = from.bits;
  entry.scale = from.scale;
  entry.zero_point = from.zero_point;
  entry.is_signed = from.is_signed;
  return entry;
}

/// One of the two matrix products of a step, with its weights turned to [gates * H][in].
class StepProduct {
 public:
  StepProduct(const TensorEntry& operand, const TensorEntry& weights)
      : operand_{&operand}, weights_{weights} {
    weights_.data = transposed(weights.data);
    if (weights_.axis) {
      weights_.axis = 0;  // a scale per output stays with its output
    }
    shape_.channels = weights_.data.shape()[1];
    shape_.filters = weights_.data.shape()[0];
  }

  /// Real values of the product with row `step` of `codes`.
  [[nodiscard]] std::vector<double> of_row(const Tensor& codes, std::int64_t step) const {
    TensorEntry row = described(*operand_);
    row.data = codes.visit([&](const auto& values) {
      const auto first = values.begin() + step * shape_.channels;
      using Values = std::decay_t<decltype(values)>;
      return Tensor{{1, shape_.channels}, Values(first, first + shape_.channels)};
    });
    if (row.is_float() || weights_.is_float()) {
      std::vector<double> out(static_cast<std::size_t>(shape_.filters));
      const std::vector<double> x = real_values(row);
      const std::vector<double> w = real_values(weights_);
      convolve<double>(shape_, x.data(), w.data(), out.data());
      return out;
    }
    return real_sums(shape_, activation_operand(row), weight_operand(weights_));
  }

 private:
  const TensorEntry* operand_;
  TensorEntry weights_;
  ConvShape shape_;
};

/// A tensor of the layer that is written row by row; without an entry it is kept as it is.
class Rows {
 public:
  Rows(const traces::Trace& trace, const std::string& name, std::int64_t width) : width_{width} {
    if (!name.empty()) {
      entry_ = &trace.tensor(name);
    }
  }

  /// Stores one row; gives back what a reader of the stored row sees.
  std::vector<double> add(const std::vector<double>& row) {
    std::vector<double> read = seen(row);
    values_.insert(values_.end(), read.begin(), read.end());
    return read;
  }

  /// The values as a reader would see them after storing.
  [[nodiscard]] std::vector<double> seen(const std::vector<double>& row) const {
    if (entry_ == nullptr || entry_->is_float()) {
      return row;
    }
    TensorEntry one = described(*entry_);
    one.data = stored(one, row, {1, width_});
    return real_values(one);
  }

  /// [steps][width]; empty if the trace has no such tensor.
  [[nodiscard]] Tensor tensor(std::int64_t steps) const {
    return entry_ == nullptr ? Tensor{} : stored(*entry_, values_, {steps, width_});
  }

 private:
  const TensorEntry* entry_ = nullptr;
  std::int64_t width_;
  std::vector<double> values_;
};

class RecurrentRun {
 public:
  RecurrentRun(const traces::Trace& trace, const traces::LayerEntry& layer)
      : spec_{layer.recurrent.value()},
        gru_{layer.op == traces::Op::gru},
        hidden_{static_cast<std::size_t>(spec_.hidden)},
        width_{spec_.hidden * (gru_ ? 3 : 4)},
        from_input_{trace.tensor(layer.inputs.at(0)), trace.tensor(layer.weights.at(0))},
        from_state_{trace.tensor(layer.inputs.at(1)), trace.tensor(layer.weights.at(1))},
        preact_{trace, spec_.preact, width_},
        gates_{trace, spec_.gates, width_},
        cell_{trace, spec_.cell, spec_.hidden},
        output_{trace, layer.output, spec_.hidden},
        bias_(static_cast<std::size_t>(width_)),
        c_(hidden_),
        h_(hidden_) {
    if (!spec_.bias.empty()) {
      bias_ = trace.tensor(spec_.bias).data.converted<double>();
    }
    ensure(bias_.size() == static_cast<std::size_t>(width_), "one bias a gate and cell");
  }

  /// One time step; gives back h as stored.
  const std::vector<double>& step(const Tensor& x, const Tensor& h_prev, std::int64_t t) {
    const std::vector<double> a = from_input_.of_row(x, t);
    const std::vector<double> b = from_state_.of_row(h_prev, t);
    h_ = output_.add(gru_ ? gru_step(a, b) : lstm_step(a, b));
    return h_;
  }

  [[nodiscard]] LayerOutputs outputs() const {
    return {.output = output_.tensor(spec_.steps),
            .preact = preact_.tensor(spec_.steps),
            .gates = gates_.tensor(spec_.steps),
            .cell = cell_.tensor(spec_.steps)};
  }

 private:
  /// First column of a gate in [gates * H], by its letter.
  [[nodiscard]] std::size_t column(char gate) const {
    const std::size_t found = spec_.gate_order.find(gate);
    ensure(found != std::string::npos && found % 2 == 0,
           fmt::format("gate order '{}' names gate {}", spec_.gate_order, gate));
    return found / 2 * hidden_;
  }

  std::vector<double> lstm_step(const std::vector<double>& a, const std::vector<double>& b) {
    std::vector<double> sum(a.size());
    for (std::size_t i = 0; i < sum.size(); ++i) {
      sum[i] = a[i] + b[i] + bias_[i];
    }
    sum = preact_.add(sum);
    const std::size_t f = column('f');
    const std::size_t g = column('g');
    const std::size_t in = column('i');
    const std::size_t o = column('o');
    for (std::size_t i = 0; i < sum.size(); ++i) {
      sum[i] = i >= g && i < g + hidden_ ? std::tanh(sum[i]) : traces::sigmoid(sum[i]);
    }
    const std::vector<double> gate = gates_.add(sum);
    std::vector<double> c(hidden_);
    for (std::size_t i = 0; i < hidden_; ++i) {
      c[i] = gate[f + i] * c_[i] + gate[g + i] * gate[in + i];
    }
    c_ = cell_.add(c);
    std::vector<double> h(hidden_);
    for (std::size_t i = 0; i < hidden_; ++i) {
      h[i] = gate[o + i] * std::tanh(c_[i]);
    }
    return h;
  }

  std::vector<double> gru_step(const std::vector<double>& a, const std::vector<double>& b) {
    const std::size_t r = column('r');
    const std::size_t z = column('z');
    const std::size_t n = column('n');
    std::vector<double> sum(a.size());
    std::vector<double> gate(a.size());
    for (std::size_t i = 0; i < hidden_; ++i) {
      sum[r + i] = a[r + i] + b[r + i] + bias_[r + i];
      sum[z + i] = a[z + i] + b[z + i] + bias_[z + i];
      gate[r + i] = traces::sigmoid(sum[r + i]);
      gate[z + i] = traces::sigmoid(sum[z + i]);
    }
    const std::vector<double> reset = gates_.seen(gate);
    for (std::size_t i = 0; i < hidden_; ++i) {
      sum[n + i] = a[n + i] + bias_[n + i] + reset[r + i] * b[n + i];
      gate[n + i] = std::tanh(sum[n + i]);
    }
    preact_.add(sum);
    gate = gates_.add(gate);
    std::vector<double> h(hidden_);
    for (std::size_t i = 0; i < hidden_; ++i) {
      h[i] = (1.0 - gate[z + i]) * gate[n + i] + gate[z + i] * h_[i];
    }
    return h;
  }

  const traces::Recurrent& spec_;
  bool gru_;
  std::size_t hidden_;
  std::int64_t width_;
  StepProduct from_input_;
  StepProduct from_state_;
  Rows preact_;
  Rows gates_;
  Rows cell_;
  Rows output_;
  std::vector<double> bias_;
  std::vector<double> c_;  ///< [H], as stored in the step before
  std::vector<double> h_;
};

}  // namespace

LayerOutputs compute_recurrent(const traces::Trace& trace, const traces::LayerEntry& layer) {
  RecurrentRun run{trace, layer};
  const Tensor& x = trace.tensor(layer.inputs.at(0)).data;
  const Tensor& h_prev = trace.tensor(layer.inputs.at(1)).data;
  for (std::int64_t t = 0; t < layer.recurrent->steps; ++t) {
    run.step(x, h_prev, t);
  }
  return run.outputs();
}

LayerOutputs compute_free_running(traces::Trace& trace, const traces::LayerEntry& layer) {
  RecurrentRun run{trace, layer};
  const Tensor& x = trace.tensor(layer.inputs.at(0)).data;
  TensorEntry& h_prev = trace.tensor(layer.inputs.at(1));
  const std::int64_t steps = layer.recurrent->steps;
  const std::int64_t hidden = layer.recurrent->hidden;
  std::vector<double> fed(static_cast<std::size_t>(steps * hidden), 0.0);
  for (std::int64_t t = 0; t < steps; ++t) {
    h_prev.data = stored(h_prev, fed, {steps, hidden});
    const std::vector<double>& h = run.step(x, h_prev.data, t);
    if (t + 1 < steps) {
      std::copy(h.begin(), h.end(), fed.begin() + (t + 1) * hidden);
    }
  }
  return run.outputs();
}

}  // namespace turnpike::models
