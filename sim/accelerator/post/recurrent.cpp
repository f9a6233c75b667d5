#include "sim/accelerator/post/recurrent.hpp"

#include <cmath>

#include "sim/accelerator/post/tensor_values.hpp"
#include "traces/arithmetic.hpp"

namespace turnpike::accelerator::post {
namespace {

using traces::LayerEntry;
using traces::Op;
using traces::TensorEntry;
using traces::Trace;

/// A recurrent layer's tensor, if the trace names one: appends `step` values to it.
class StepOutput {
 public:
  StepOutput(const Trace& trace, const std::string& name)
      : tensor_{name.empty() ? nullptr : &trace.tensor(name)} {}
  /// What a reader of the stored value sees.
  [[nodiscard]] double seen(double value) const {
    return tensor_ == nullptr || tensor_->is_float()
               ? value
               : traces::dequantize(code(value), tensor_->scale[0], tensor_->zero_point);
  }
  /// Stores real values; returns what a reader of the stored tensor sees.
  std::vector<double> put(std::vector<double> values) {
    for (double& value : values) {
      if (tensor_ != nullptr) {
        stored_.push_back(tensor_->is_float() ? value : code(value));
      }
      value = seen(value);
    }
    return values;
  }
  void finish(std::vector<OutputValues>& out) {
    if (tensor_ != nullptr) {
      out.push_back({tensor_->name, std::move(stored_)});
    }
  }

 private:
  [[nodiscard]] double code(double value) const {
    return static_cast<double>(traces::quantize(value, tensor_->scale[0], tensor_->zero_point,
                                                tensor_->min_code(), tensor_->max_code()));
  }

  const TensorEntry* tensor_;
  std::vector<double> stored_;
};

/// Element-wise work of a recurrent layer, step by step (FORMAT.md, "lstm" and "gru").
class RecurrentPost {
 public:
  RecurrentPost(const Trace& trace, const LayerEntry& layer, const ArrayPsums& psums)
      : trace_{trace},
        layer_{layer},
        psums_{psums},
        r_{*layer.recurrent},
        hidden_{index_of(r_.hidden)},
        width_{(layer.op == Op::lstm ? 4 : 3) * hidden_},
        preacts_{trace, r_.preact},
        gates_{trace, r_.gates},
        candidates_{trace, r_.candidate},
        cells_{trace, r_.cell},
        tanhs_{trace, r_.cell_tanh},
        outputs_{trace, layer.output},
        bias_{r_.bias.empty() ? std::vector<double>(width_, 0.0)
                              : trace.tensor(r_.bias).data.converted<double>()},
        state_bias_{r_.recurrent_bias.empty()
                        ? std::vector<double>(width_, 0.0)
                        : trace.tensor(r_.recurrent_bias).data.converted<double>()},
        state_(hidden_, 0.0) {}

  std::vector<OutputValues> run() {
    for (std::int64_t step = 0; step < r_.steps; ++step) {
      const std::size_t job = index_of(2 * step);
      const auto x = scaled_psums(trace_, layer_.inputs[0], layer_.weights[0], psums_.jobs[job],
                                  psums_.weight_sums[job], 1);
      const auto h = scaled_psums(trace_, layer_.inputs[1], layer_.weights[1], psums_.jobs[job + 1],
                                  psums_.weight_sums[job + 1], 1);
      if (layer_.op == Op::lstm) {
        lstm_step(x, h);
      } else {
        gru_step(x, h);
      }
    }
    std::vector<OutputValues> results;
    preacts_.finish(results);
    gates_.finish(results);
    candidates_.finish(results);
    cells_.finish(results);
    tanhs_.finish(results);
    outputs_.finish(results);
    return results;
  }

 private:
  /// First column of a gate in gate_order ("f,g,i,o").
  [[nodiscard]] std::size_t column(char gate) const {
    return r_.gate_order.find(gate) / 2 * hidden_;
  }

  /// Stores a step's gates. A candidate that has a tensor of its own, the gate `letter`, leaves a
  /// gap among the others that closes.
  [[nodiscard]] std::vector<double> put_gates(const std::vector<double>& gate, char letter) {
    if (r_.candidate.empty()) {
      return gates_.put(gate);
    }
    const std::size_t own = column(letter);
    std::vector<double> rest;
    for (std::size_t k = 0; k < width_; ++k) {
      if (k / hidden_ != own / hidden_) {
        rest.push_back(gate[k]);
      }
    }
    rest = gates_.put(std::move(rest));
    std::vector<double> of_candidate(hidden_);
    for (std::size_t k = 0; k < hidden_; ++k) {
      of_candidate[k] = gate[own + k];
    }
    of_candidate = candidates_.put(std::move(of_candidate));
    std::vector<double> seen(width_);
    std::size_t next = 0;
    for (std::size_t k = 0; k < width_; ++k) {
      seen[k] = k / hidden_ == own / hidden_ ? of_candidate[k - own] : rest[next++];
    }
    return seen;
  }

  void lstm_step(const std::vector<double>& x, const std::vector<double>& h) {
    const std::size_t f = column('f');
    const std::size_t g = column('g');
    const std::size_t i = column('i');
    const std::size_t o = column('o');
    std::vector<double> preact(width_);
    std::vector<double> gate(width_);
    for (std::size_t k = 0; k < width_; ++k) {
      preact[k] = x[k] + h[k] + bias_[k];
      gate[k] = k / hidden_ == g / hidden_ ? std::tanh(preact[k]) : traces::sigmoid(preact[k]);
    }
    static_cast<void>(preacts_.put(preact));
    gate = put_gates(gate, 'g');
    for (std::size_t k = 0; k < hidden_; ++k) {
      state_[k] = gate[f + k] * state_[k] + gate[i + k] * gate[g + k];
    }
    std::vector<double> squashed(hidden_);
    if (r_.tanh_of_computed) {
      squashed = state_;
    }
    state_ = cells_.put(state_);
    if (!r_.tanh_of_computed) {
      squashed = state_;
    }
    for (double& value : squashed) {
      value = std::tanh(value);
    }
    squashed = tanhs_.put(std::move(squashed));
    std::vector<double> out(hidden_);
    for (std::size_t k = 0; k < hidden_; ++k) {
      out[k] = gate[o + k] * squashed[k];
    }
    static_cast<void>(outputs_.put(out));
  }

  void gru_step(const std::vector<double>& x, const std::vector<double>& h) {
    const std::size_t r = column('r');
    const std::size_t z = column('z');
    const std::size_t n = column('n');
    std::vector<double> preact(width_);
    std::vector<double> gate(width_);
    for (const std::size_t at : {r, z}) {
      for (std::size_t k = at; k < at + hidden_; ++k) {
        preact[k] = x[k] + (h[k] + state_bias_[k]) + bias_[k];
        gate[k] = traces::sigmoid(preact[k]);
      }
    }
    for (std::size_t k = 0; k < hidden_; ++k) {
      preact[n + k] =
          x[n + k] + bias_[n + k] + gates_.seen(gate[r + k]) * (h[n + k] + state_bias_[n + k]);
      gate[n + k] = std::tanh(preact[n + k]);
    }
    static_cast<void>(preacts_.put(preact));
    gate = put_gates(gate, 'n');
    std::vector<double> out(hidden_);
    for (std::size_t k = 0; k < hidden_; ++k) {
      out[k] = (1.0 - gate[z + k]) * gate[n + k] + gate[z + k] * state_[k];
    }
    state_ = outputs_.put(out);
  }

  const Trace& trace_;
  const LayerEntry& layer_;
  const ArrayPsums& psums_;
  const traces::Recurrent& r_;
  std::size_t hidden_;
  std::size_t width_;
  StepOutput preacts_, gates_, candidates_, cells_, tanhs_, outputs_;
  std::vector<double> bias_;
  std::vector<double> state_bias_;  ///< gru
  std::vector<double> state_;       ///< lstm: c; gru: h
};

std::uint64_t cells_of(const LayerEntry& layer) {
  return static_cast<std::uint64_t>(layer.recurrent->hidden * layer.recurrent->steps);
}

}  // namespace

std::vector<OutputValues> recurrent_values(const Trace& trace, const LayerEntry& layer,
                                           const ArrayPsums& psums) {
  return RecurrentPost{trace, layer, psums}.run();
}

std::vector<GateWork> gate_work(const LayerEntry& layer) {
  const bool lstm = layer.op == Op::lstm;
  const std::uint64_t h = cells_of(layer);
  const std::uint64_t gates = lstm ? 4 : 3;
  return {{{"add", gates * h}},
          {{"sigmoid", (gates - 1) * h}},
          {{"tanh", lstm ? 2 * h : h}},
          {{"mul", 3 * h}, true},
          {{"add", lstm ? h : 2 * h}, true}};
}

void count_table_6(const LayerEntry& layer, OperationCounts& counts) {
  const std::uint64_t cells = cells_of(layer);
  counts.high_precision_adds += cells;
  counts.nonlinear += (layer.op == Op::lstm ? 5 : 3) * cells;
  counts.elementwise_multiplies += 3 * cells;
}

}  // namespace turnpike::accelerator::post
