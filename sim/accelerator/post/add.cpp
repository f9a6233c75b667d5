#include "sim/accelerator/post/post_op.hpp"
#include "sim/accelerator/post/tensor_values.hpp"

namespace turnpike::accelerator::post {
namespace {

using traces::LayerEntry;
using traces::Trace;

/// The skip operand of an add: subsampled, then padded with zero channels.
std::vector<double> skip_operand(const Trace& trace, const LayerEntry& layer) {
  const traces::TensorEntry& skip = trace.tensor(layer.inputs[1]);
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

std::vector<double> values(const Trace& trace, const LayerEntry& layer) {
  std::vector<double> sums = reals(trace.tensor(layer.inputs[0]));
  const std::vector<double> skip = skip_operand(trace, layer);
  for (std::size_t i = 0; i < sums.size(); ++i) {
    sums[i] += skip[i];
  }
  return sums;
}

std::vector<Operations> operations(const PostLayer& layer) {
  const bool highway = layer.output().highway && layer.trace.highway.enabled;
  return {{"add", layer.outputs, highway ? Stream::highway : Stream::low}};
}

}  // namespace

extern const PostOp kAdd{.op = traces::Op::add,
                         .values = values,
                         .operations = operations,
                         .takes_skip = true,
                         .counted_as = &OperationCounts::high_precision_adds};

}  // namespace turnpike::accelerator::post
