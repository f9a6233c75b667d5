#include "sim/accelerator/post_arithmetic.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "sim/base/error.hpp"
#include "traces/arithmetic.hpp"

namespace turnpike::accelerator {
namespace {

using traces::LayerEntry;
using traces::Op;
using traces::PostStep;
using traces::TensorEntry;
using traces::Trace;

std::size_t index_of(std::int64_t value) {
  return static_cast<std::size_t>(value);
}

/// Index along `axis` of a row-major element.
std::size_t along_axis(const TensorShape& shape, int axis, std::size_t index) {
  std::size_t inner = 1;
  for (std::size_t d = static_cast<std::size_t>(axis) + 1; d < shape.size(); ++d) {
    inner *= index_of(shape[d]);
  }
  return index / inner % index_of(shape[static_cast<std::size_t>(axis)]);
}

double scale_at(const TensorEntry& tensor, std::size_t index) {
  return tensor.axis ? tensor.scale[along_axis(tensor.data.shape(), *tensor.axis, index)]
                     : tensor.scale[0];
}

/// Real values of a stored tensor.
std::vector<double> reals(const TensorEntry& tensor) {
  std::vector<double> values = tensor.data.converted<double>();
  if (!tensor.is_float()) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] = traces::dequantize(values[i], scale_at(tensor, i), tensor.zero_point);
    }
  }
  return values;
}

/// Codes of real values, or the values themselves for a floating tensor.
std::vector<double> stored_as(const TensorEntry& tensor, std::vector<double> values) {
  if (!tensor.is_float()) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] = static_cast<double>(traces::quantize(
          values[i], scale_at(tensor, i), tensor.zero_point, tensor.min_code(), tensor.max_code()));
    }
  }
  return values;
}

/// Real values of an accumulator: acc (corrected for a fractional zero point) times both scales.
std::vector<double> scaled_psums(const Trace& trace, const std::string& input,
                                 const std::string& weight, const std::vector<double>& psums,
                                 const std::vector<double>& weight_sums, std::size_t plane) {
  const TensorEntry& x = trace.tensor(input);
  const TensorEntry& w = trace.tensor(weight);
  std::vector<double> out(psums.size());
  if (x.is_float() || w.is_float()) {
    return psums;
  }
  const bool fractional = std::nearbyint(x.zero_point) != x.zero_point;
  for (std::size_t i = 0; i < psums.size(); ++i) {
    const std::size_t filter = i / plane % weight_sums.size();
    double scale = x.scale[0] * (w.axis ? w.scale[filter] : w.scale[0]);
    if (w.kind == traces::TensorKind::midrise) {
      scale *= 0.5;
    }
    const double correction = fractional ? x.zero_point * weight_sums[filter] : 0.0;
    out[i] = (psums[i] - correction) * scale;
  }
  return out;
}

/// The post steps on values with `channels` channels of `plane` elements each; ends with codes if
/// the output is an integer tensor.
std::vector<double> apply_post(const Trace& trace, const LayerEntry& layer,
                               std::vector<double> values, std::size_t channels) {
  const TensorEntry& output = trace.tensor(layer.output);
  const std::size_t batch = index_of(output.data.shape().empty() ? 1 : output.data.shape()[0]);
  const std::size_t plane = values.size() / (batch * channels);
  for (const PostStep& step : layer.post) {
    if (step.kind == PostStep::Kind::relu) {
      for (double& value : values) {
        value = std::max(value, 0.0);
      }
    } else if (step.kind != PostStep::Kind::quantize) {
      const std::vector<double> parameter = trace.tensor(step.tensor).data.converted<double>();
      for (std::size_t i = 0; i < values.size(); ++i) {
        const double p = parameter[i / plane % channels];
        values[i] = step.kind == PostStep::Kind::scale ? values[i] * p : values[i] + p;
      }
    }
  }
  return stored_as(output, std::move(values));
}

/// The skip operand of an add: subsampled, then padded with zero channels.
std::vector<double> skip_operand(const Trace& trace, const LayerEntry& layer) {
  const TensorEntry& skip = trace.tensor(layer.inputs[1]);
  std::vector<double> in = reals(skip);
  const TensorShape& from = skip.data.shape();
  const TensorShape& to = trace.tensor(layer.inputs[0]).data.shape();
  if (!layer.skip || from.size() != 4 || (layer.skip->stride == 1 && from[1] == to[1])) {
    return in;
  }
  const std::int64_t stride = layer.skip->stride;
  const std::int64_t missing = to[1] - from[1];
  const std::int64_t front = missing == 2 * layer.skip->channel_pad ? layer.skip->channel_pad : 0;
  std::vector<double> out(index_of(element_count(to)), 0.0);
  for (std::int64_t n = 0; n < to[0]; ++n) {
    for (std::int64_t c = 0; c < from[1]; ++c) {
      for (std::int64_t y = 0; y < to[2]; ++y) {
        for (std::int64_t x = 0; x < to[3]; ++x) {
          out[index_of(((n * to[1] + c + front) * to[2] + y) * to[3] + x)] =
              in[index_of(((n * from[1] + c) * from[2] + y * stride) * from[3] + x * stride)];
        }
      }
    }
  }
  return out;
}

std::vector<double> pooled(const Trace& trace, const LayerEntry& layer) {
  const TensorEntry& input = trace.tensor(layer.inputs[0]);
  const std::vector<double> in = reals(input);
  const TensorShape& from = input.data.shape();
  const TensorShape& to = trace.tensor(layer.output).data.shape();
  const bool global = layer.kernel[0] == 0;
  const std::int64_t rows = global ? from[2] : layer.kernel[0];
  const std::int64_t columns = global ? from[3] : layer.kernel[1];
  const std::int64_t out_rows = global ? 1 : to[2];
  const std::int64_t out_columns = global ? 1 : to[3];
  const bool maximum = layer.op == Op::maxpool;
  std::vector<double> out;
  for (std::int64_t plane = 0; plane < from[0] * from[1]; ++plane) {
    for (std::int64_t y = 0; y < out_rows; ++y) {
      for (std::int64_t x = 0; x < out_columns; ++x) {
        double value = maximum ? -std::numeric_limits<double>::infinity() : 0.0;
        for (std::int64_t i = 0; i < rows; ++i) {
          for (std::int64_t k = 0; k < columns; ++k) {
            const std::int64_t row = global ? i : y * layer.stride[0] + i - layer.pad.top;
            const std::int64_t column = global ? k : x * layer.stride[1] + k - layer.pad.left;
            if (row < 0 || row >= from[2] || column < 0 || column >= from[3]) {
              continue;
            }
            const double v = in[index_of((plane * from[2] + row) * from[3] + column)];
            value = maximum ? std::max(value, v) : value + v;
          }
        }
        out.push_back(maximum ? value : value / static_cast<double>(rows * columns));
      }
    }
  }
  return out;
}

std::vector<double> concatenated(const Trace& trace, const LayerEntry& layer) {
  const std::int64_t batch = trace.tensor(layer.output).data.shape()[0];
  std::vector<std::vector<double>> parts;
  for (const std::string& input : layer.inputs) {
    parts.push_back(reals(trace.tensor(input)));
  }
  std::vector<double> out;
  for (std::int64_t n = 0; n < batch; ++n) {
    for (const auto& part : parts) {
      const auto size = static_cast<std::ptrdiff_t>(part.size()) / batch;
      out.insert(out.end(), part.begin() + n * size, part.begin() + (n + 1) * size);
    }
  }
  return out;
}

std::vector<double> elementwise(const Trace& trace, const LayerEntry& layer) {
  if (layer.op == Op::concat) {
    return concatenated(trace, layer);
  }
  if (layer.op == Op::maxpool || layer.op == Op::avgpool) {
    return pooled(trace, layer);
  }
  std::vector<double> values = reals(trace.tensor(layer.inputs[0]));
  if (layer.op == Op::add || layer.op == Op::mul) {
    const std::vector<double> other =
        layer.op == Op::add ? skip_operand(trace, layer) : reals(trace.tensor(layer.inputs[1]));
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] = layer.op == Op::add ? values[i] + other[i] : values[i] * other[i];
    }
  }
  return values;
}

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
        cells_{trace, r_.cell},
        outputs_{trace, layer.output},
        bias_{r_.bias.empty() ? std::vector<double>(width_, 0.0)
                              : trace.tensor(r_.bias).data.converted<double>()},
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
    cells_.finish(results);
    outputs_.finish(results);
    return results;
  }

 private:
  /// First column of a gate in gate_order ("f,g,i,o").
  [[nodiscard]] std::size_t column(char gate) const {
    return r_.gate_order.find(gate) / 2 * hidden_;
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
    gate = gates_.put(gate);
    for (std::size_t k = 0; k < hidden_; ++k) {
      state_[k] = gate[f + k] * state_[k] + gate[i + k] * gate[g + k];
    }
    state_ = cells_.put(state_);
    std::vector<double> out(hidden_);
    for (std::size_t k = 0; k < hidden_; ++k) {
      out[k] = gate[o + k] * std::tanh(state_[k]);
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
        preact[k] = x[k] + h[k] + bias_[k];
        gate[k] = traces::sigmoid(preact[k]);
      }
    }
    for (std::size_t k = 0; k < hidden_; ++k) {
      preact[n + k] = x[n + k] + bias_[n + k] + gates_.seen(gate[r + k]) * h[n + k];
      gate[n + k] = std::tanh(preact[n + k]);
    }
    static_cast<void>(preacts_.put(preact));
    gate = gates_.put(gate);
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
  StepOutput preacts_, gates_, cells_, outputs_;
  std::vector<double> bias_;
  std::vector<double> state_;  ///< lstm: c; gru: h
};

}  // namespace

std::vector<OutputValues> post_process(const Trace& trace, const LayerEntry& layer,
                                       const ArrayPsums& psums) {
  if (layer.recurrent) {
    return RecurrentPost{trace, layer, psums}.run();
  }
  const TensorShape& shape = trace.tensor(layer.output).data.shape();
  const std::size_t channels = shape.size() > 1 ? index_of(shape[1]) : 1;
  return {
      {layer.output, apply_post(trace, layer, sums_before_post(trace, layer, psums), channels)}};
}

std::vector<double> sums_before_post(const Trace& trace, const LayerEntry& layer,
                                     const ArrayPsums& psums) {
  if (layer.op != Op::conv && layer.op != Op::fc) {
    return elementwise(trace, layer);
  }
  const TensorShape& shape = trace.tensor(layer.output).data.shape();
  const std::size_t channels = index_of(shape.at(1));
  const std::size_t plane = psums.jobs[0].size() / (index_of(shape[0]) * channels);
  return scaled_psums(trace, layer.inputs[0], layer.weights[0], psums.jobs[0], psums.weight_sums[0],
                      plane);
}

}  // namespace turnpike::accelerator
