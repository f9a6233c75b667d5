#include "sim/accelerator/post/post_op.hpp"
#include "sim/accelerator/post/tensor_values.hpp"

namespace turnpike::accelerator::post {
namespace {

/// Scale, bias and ReLU are post steps, which every layer has; there is nothing before them.
std::vector<double> values(const traces::Trace& trace, const traces::LayerEntry& layer) {
  return reals(trace.tensor(layer.inputs[0]));
}

std::vector<Operations> operations(const PostLayer& /*layer*/) {
  return {};
}

}  // namespace

extern const PostOp kAffine{.op = traces::Op::affine, .values = values, .operations = operations};

}  // namespace turnpike::accelerator::post
