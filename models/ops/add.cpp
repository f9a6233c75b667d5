#include <algorithm>
#include <functional>

#include <fmt/format.h>

#include "models/operands.hpp"
#include "models/ops/operation.hpp"
#include "sim/base/error.hpp"

namespace turnpike::models {
namespace {

constexpr LayerKey kStride{.key = "skip.stride",
                           .type = "integer",
                           .absent = "1",
                           .meaning = "subsamples the second input"};
constexpr LayerKey kChannelPad{.key = "skip.channel_pad",
                               .type = "integer",
                               .min = 0,
                               .absent = "0",
                               .meaning = "zero channels appended to the second input"};
constexpr std::array kKeys = {kRelu, kStride, kChannelPad};

void read(LayerReader& keys, Layer& layer) {
  layer.relu = keys.flag_or(kRelu, true);
  if (auto skip = keys.map().opt_map("skip")) {
    layer.skip_stride =
        static_cast<int>(skip->opt_int("stride", kStride.min, kStride.max).value_or(1));
    layer.channel_pad = static_cast<int>(
        skip->opt_int("channel_pad", kChannelPad.min, kChannelPad.max).value_or(0));
    skip->finish();
  }
}

std::string infer_shape(Layer& layer, const std::vector<TensorShape>& in, std::int64_t) {
  if (in.size() != 2) {
    return fmt::format("adds two inputs, not {}", in.size());
  }
  layer.output_shape = in[0];
  if (layer.skip_stride == 1 && layer.channel_pad == 0) {
    return in[0] == in[1]
               ? ""
               : fmt::format("inputs differ: {} and {}", to_string(in[0]), to_string(in[1]));
  }
  if (in[0].size() != 3 || in[1].size() != 3 || layer.skip_stride < 1 || layer.channel_pad < 0) {
    return "a strided or padded skip needs two inputs of [channels, rows, columns]";
  }
  const std::int64_t more = in[0][0] - in[1][0];
  const auto subsampled = [&](std::int64_t extent) {
    return (extent + layer.skip_stride - 1) / layer.skip_stride;
  };
  if ((more != layer.channel_pad && more != 2L * layer.channel_pad) ||
      subsampled(in[1][1]) != in[0][1] || subsampled(in[1][2]) != in[0][2]) {
    return fmt::format("skip {} with stride {} and channel_pad {} does not become {}",
                       to_string(in[1]), layer.skip_stride, layer.channel_pad, to_string(in[0]));
  }
  return "";
}

/// The skip operand as its `add` sees it: rows and columns subsampled from index 0, zero channels
/// appended (or put at both ends, see traces::SkipEdge). `target` is the other operand's shape.
template <class T>
std::vector<T> skip_operand(const std::vector<T>& in, const TensorShape& shape,
                            const TensorShape& target, const traces::SkipEdge& skip) {
  const int stride = skip.stride;
  if (shape == target && stride == 1) {
    return in;
  }
  ensure(shape.size() == 4 && target.size() == 4 && shape[1] <= target[1] &&
             (target[2] - 1) * stride < shape[2] && (target[3] - 1) * stride < shape[3],
         "a skip operand fits the tensor it is added to");
  std::vector<T> out(static_cast<std::size_t>(element_count(target)), T{0});
  const std::int64_t front = target[1] - shape[1] == 2L * skip.channel_pad ? skip.channel_pad : 0;
  for (std::int64_t n = 0; n < shape[0]; ++n) {
    for (std::int64_t c = 0; c < shape[1]; ++c) {
      const T* const map = in.data() + (n * shape[1] + c) * shape[2] * shape[3];
      T* write = out.data() + (n * target[1] + front + c) * target[2] * target[3];
      for (std::int64_t e = 0; e < target[2]; ++e) {
        for (std::int64_t f = 0; f < target[3]; ++f) {
          *write++ = map[e * stride * shape[3] + f * stride];
        }
      }
    }
  }
  return out;
}

FloatResult forward(const FloatOperands& operands) {
  const Layer& layer = operands.layer;
  FloatResult result{.output = operands.values()};
  const std::vector<float> skip = skip_operand(
      operands.values(1), operands.inputs[1].shape, operands.output_shape,
      {.stride = layer.skip_stride, .channel_pad = layer.channel_pad, .highway = false});
  std::transform(result.output.begin(), result.output.end(), skip.begin(), result.output.begin(),
                 std::plus<>{});
  return result;
}

LayerOutputs execute(const LayerOperands& operands) {
  RealValues out{.values = real_values(operands.input(0)), .shape = operands.input(0).data.shape()};
  const std::vector<double> other =
      skip_operand(real_values(operands.input(1)), operands.input(1).data.shape(), out.shape,
                   operands.entry().skip.value_or(traces::SkipEdge{}));
  ensure(other.size() == out.values.size(), "the operands of an add have one shape");
  std::transform(out.values.begin(), out.values.end(), other.begin(), out.values.begin(),
                 std::plus<>{});
  return finished(operands, std::move(out));
}

/// The skip comes second.
void lower(GraphBuilder& graph, const Layer& layer, traces::LayerEntry entry) {
  if (graph.skip_of(layer) == layer.inputs[0] && layer.inputs[0] != layer.inputs[1]) {
    std::swap(entry.inputs[0], entry.inputs[1]);
  }
  entry.skip = {.stride = layer.skip_stride, .channel_pad = layer.channel_pad, .highway = false};
  graph.add_output(layer, std::move(entry));
}

}  // namespace

extern constexpr Operation kAdd{.op = traces::Op::add,
                                .keys = kKeys,
                                .read = read,
                                .infer_shape = infer_shape,
                                .forward = forward,
                                .execute = execute,
                                .lower = lower};

}  // namespace turnpike::models
