#include "models/engine.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "models/elementwise.hpp"
#include "models/operands.hpp"
#include "models/post_steps.hpp"
#include "models/recurrent.hpp"
#include "sim/base/error.hpp"

namespace turnpike::models {
namespace {

using traces::LayerEntry;
using traces::Op;
using traces::TensorEntry;
using traces::Trace;

/// Values of a layer before they are stored, and their shape.
struct Values {
  std::vector<double> values;
  TensorShape shape;
};

const TensorEntry& input(const Trace& trace, const LayerEntry& layer, std::size_t index = 0) {
  ensure(index < layer.inputs.size(), fmt::format("layer '{}' has its inputs", layer.name));
  return trace.tensor(layer.inputs[index]);
}

Values products(const Trace& trace, const LayerEntry& layer) {
  const ConvShape shape = conv_shape(trace, layer);
  const TensorEntry& x = input(trace, layer);
  const TensorEntry& w = trace.tensor(layer.weights.at(0));
  Values out;
  out.shape = layer.op == Op::fc
                  ? TensorShape{shape.batch, shape.filters}
                  : TensorShape{shape.batch, shape.filters, shape.out_rows, shape.out_columns};
  if (!x.is_float() && !w.is_float()) {
    out.values = real_sums(shape, activation_operand(x), weight_operand(w));
    return out;
  }
  const std::vector<double> ifmap = real_values(x);
  const std::vector<double> filter = real_values(w);
  out.values.resize(static_cast<std::size_t>(shape.outputs()));
  convolve<double>(shape, ifmap.data(), filter.data(), out.values.data());
  return out;
}

Values sum_of_two(const Trace& trace, const LayerEntry& layer) {
  const TensorEntry& main = input(trace, layer, 0);
  const TensorEntry& skip = input(trace, layer, 1);
  const traces::SkipEdge edge = layer.skip.value_or(traces::SkipEdge{});
  Values out{.values = real_values(main), .shape = main.data.shape()};
  const std::vector<double> other =
      skip_operand(real_values(skip), skip.data.shape(), out.shape,
                   {.stride = edge.stride, .channel_pad = edge.channel_pad});
  ensure(other.size() == out.values.size(), "the operands of an add have one shape");
  for (std::size_t i = 0; i < other.size(); ++i) {
    out.values[i] += other[i];
  }
  return out;
}

Values product_of_two(const Trace& trace, const LayerEntry& layer) {
  Values out{.values = real_values(input(trace, layer, 0)),
             .shape = input(trace, layer, 0).data.shape()};
  const std::vector<double> other = real_values(input(trace, layer, 1));
  ensure(other.size() == out.values.size(), "the operands of a mul have one shape");
  for (std::size_t i = 0; i < other.size(); ++i) {
    out.values[i] *= other[i];
  }
  return out;
}

Values pool(const Trace& trace, const LayerEntry& layer) {
  const TensorEntry& in = input(trace, layer);
  PoolShape shape;
  shape.input = in.data.shape();
  shape.kernel = layer.kernel;
  shape.stride = layer.stride;
  shape.pad = layer.pad;
  if (layer.kernel == std::array<int, 2>{0, 0}) {
    ensure(shape.input.size() == 4, "a pool reads [N, C, rows, columns]");
    shape.kernel = {static_cast<int>(shape.input[2]), static_cast<int>(shape.input[3])};
    shape.stride = {1, 1};
  }
  shape.output = pool_output_shape(shape.input, shape.kernel, shape.stride, shape.pad);
  const std::vector<double> values = real_values(in);
  return {.values = layer.op == Op::maxpool ? max_pool(shape, values) : average_pool(shape, values),
          .shape = shape.output};
}

Values joined(const Trace& trace, const LayerEntry& layer) {
  std::vector<std::vector<double>> parts;
  std::vector<TensorShape> shapes;
  Values out{.values = {}, .shape = input(trace, layer).data.shape()};
  out.shape.at(1) = 0;
  for (std::size_t i = 0; i < layer.inputs.size(); ++i) {
    parts.push_back(real_values(input(trace, layer, i)));
    shapes.push_back(input(trace, layer, i).data.shape());
    out.shape[1] += shapes.back().at(1);
  }
  out.values = concatenate(parts, shapes);
  return out;
}

Values values_of(const Trace& trace, const LayerEntry& layer) {
  switch (layer.op) {
    case Op::conv:
    case Op::fc:
      return products(trace, layer);
    case Op::add:
      return sum_of_two(trace, layer);
    case Op::mul:
      return product_of_two(trace, layer);
    case Op::maxpool:
    case Op::avgpool:
      return pool(trace, layer);
    case Op::concat:
      return joined(trace, layer);
    case Op::quantize:
      return {.values = real_values(input(trace, layer)),
              .shape = input(trace, layer).data.shape()};
    case Op::lstm:
    case Op::gru:
      break;
  }
  fail_invariant("a layer without recurrent state", __FILE__, __LINE__);
}

}  // namespace

ConvShape conv_shape(const Trace& trace, const LayerEntry& layer) {
  ensure(layer.op == Op::conv || layer.op == Op::fc,
         fmt::format("layer '{}' is conv or fc", layer.name));
  const TensorShape& x = input(trace, layer).data.shape();
  const TensorShape& w = trace.tensor(layer.weights.at(0)).data.shape();
  ConvShape shape;
  shape.batch = x.at(0);
  shape.filters = w.at(0);
  if (layer.op == Op::fc) {
    shape.channels = element_count(x) / x[0];
    return shape;
  }
  ensure(x.size() == 4 && w.size() == 4, "a convolution reads [N, C, H, W] and [M, C, R, S]");
  shape.channels = x[1];
  shape.rows = x[2];
  shape.columns = x[3];
  shape.kernel_rows = w[2];
  shape.kernel_columns = w[3];
  shape.stride_rows = layer.stride[0];
  shape.stride_columns = layer.stride[1];
  shape.pad = layer.pad;
  shape.groups = layer.groups;
  const TensorShape out = pool_output_shape(x, {static_cast<int>(w[2]), static_cast<int>(w[3])},
                                            layer.stride, layer.pad);
  shape.out_rows = out[2];
  shape.out_columns = out[3];
  return shape;
}

LayerOutputs compute_layer(const Trace& trace, std::size_t layer) {
  const LayerEntry& entry = trace.layers.at(layer);
  if (entry.recurrent) {
    return compute_recurrent(trace, entry);
  }
  Values out = values_of(trace, entry);
  apply_post(trace, entry, out.shape, out.values);
  const TensorEntry& target = trace.tensor(entry.output);
  // A trace may call a map of one position [N, C].
  const TensorShape& known = target.data.shape();
  const bool same_size = !target.data.empty() && element_count(known) == element_count(out.shape);
  LayerOutputs outputs;
  outputs.output = stored(target, out.values, same_size ? known : out.shape);
  return outputs;
}

void run_layer(Trace& trace, std::size_t layer) {
  LayerOutputs out = compute_layer(trace, layer);
  const LayerEntry& entry = trace.layers.at(layer);
  const auto put = [&](const std::string& name, Tensor& data) {
    if (!name.empty()) {
      trace.tensor(name).data = std::move(data);
    }
  };
  put(entry.output, out.output);
  if (entry.recurrent) {
    put(entry.recurrent->preact, out.preact);
    put(entry.recurrent->gates, out.gates);
    put(entry.recurrent->cell, out.cell);
  }
}

void execute(Trace& trace) {
  for (std::size_t i = 0; i < trace.layers.size(); ++i) {
    run_layer(trace, i);
  }
}

std::vector<std::int64_t> accumulators(const Trace& trace, std::size_t layer) {
  const LayerEntry& entry = trace.layers.at(layer);
  const ConvShape shape = conv_shape(trace, entry);
  return exact_sums(shape, activation_operand(input(trace, entry)),
                    weight_operand(trace.tensor(entry.weights.at(0))));
}

}  // namespace turnpike::models
