#include "sim/accelerator/post/post_op.hpp"
#include "sim/accelerator/post/tensor_values.hpp"

namespace turnpike::accelerator::post {
namespace {

using traces::LayerEntry;
using traces::Trace;

/// What it stores as codes are the values it reads.
std::vector<double> values(const Trace& trace, const LayerEntry& layer) {
  return reals(trace.tensor(layer.inputs[0]));
}

/// Of a tensor that is not stored, whenever it is read, not here.
std::vector<Operations> operations(const PostLayer& layer) {
  if (layer.plan.quantized_on_read.contains(layer.entry.output)) {
    return {};
  }
  return {{"quantize", layer.outputs}};
}

}  // namespace

extern const PostOp kQuantize{
    .op = traces::Op::quantize, .values = values, .operations = operations};

}  // namespace turnpike::accelerator::post
