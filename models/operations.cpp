#include "models/operations.hpp"

#include <algorithm>

#include "traces/trace_check.hpp"

namespace turnpike::models {
namespace {

using traces::LayerEntry;
using traces::Op;
using traces::PostStep;

bool has_relu(const LayerEntry& layer) {
  return std::any_of(layer.post.begin(), layer.post.end(),
                     [](const PostStep& step) { return step.kind == PostStep::Kind::relu; });
}

}  // namespace

Operations operations_of(const traces::Trace& trace) {
  Operations batch;
  for (const LayerEntry& layer : trace.layers) {
    const std::int64_t outputs = trace.tensor(layer.output).data.size();
    batch.low_precision_macs += traces::macs_of(trace, layer);
    batch.nonlinear += has_relu(layer) ? outputs : 0;
    switch (layer.op) {
      case Op::add:
        batch.high_precision_adds += outputs;
        break;
      case Op::mul:
        batch.elementwise_multiplies += outputs;
        break;
      case Op::lstm:
      case Op::gru:
        batch.high_precision_adds += outputs;
        batch.nonlinear += outputs * (layer.op == Op::lstm ? 5 : 3);
        batch.elementwise_multiplies += outputs * 3;
        break;
      default:
        break;
    }
  }
  const std::int64_t n = std::max<std::int64_t>(trace.batch, 1);
  return {.low_precision_macs = batch.low_precision_macs / n,
          .high_precision_adds = batch.high_precision_adds / n,
          .nonlinear = batch.nonlinear / n,
          .elementwise_multiplies = batch.elementwise_multiplies / n};
}

}  // namespace turnpike::models
