#include "sim/accelerator/operation_counts.hpp"

#include <algorithm>

#include "sim/accelerator/post/post_op.hpp"
#include "sim/accelerator/post/recurrent.hpp"

namespace turnpike::accelerator {
namespace {

using traces::PostStep;

std::uint64_t relus(const traces::LayerEntry& layer) {
  return static_cast<std::uint64_t>(
      std::count_if(layer.post.begin(), layer.post.end(), [](const PostStep& step) {
        return step.kind == PostStep::Kind::relu || step.kind == PostStep::Kind::clip;
      }));
}

}  // namespace

OperationCounts operation_counts(const traces::Trace& trace, std::uint64_t macs) {
  OperationCounts counts;
  for (const traces::LayerEntry& layer : trace.layers) {
    if (layer.recurrent) {
      post::count_table_6(layer, counts);
      continue;
    }
    const auto outputs =
        static_cast<std::uint64_t>(trace.tensor(layer.output).data.size() / trace.batch);
    const post::PostOp* op = post::post_op(layer.op);
    if (op != nullptr && op->counted_as != nullptr) {
      counts.*(op->counted_as) += outputs;
    }
    counts.nonlinear += relus(layer) * outputs;
  }
  counts.low_precision_macs = macs / static_cast<std::uint64_t>(trace.batch);
  return counts;
}

}  // namespace turnpike::accelerator
