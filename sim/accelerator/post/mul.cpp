#include "sim/accelerator/post/post_op.hpp"
#include "sim/accelerator/post/tensor_values.hpp"

namespace turnpike::accelerator::post {
namespace {

using traces::LayerEntry;
using traces::Trace;

std::vector<double> values(const Trace& trace, const LayerEntry& layer) {
  std::vector<double> products = reals(trace.tensor(layer.inputs[0]));
  const std::vector<double> other = reals(trace.tensor(layer.inputs[1]));
  for (std::size_t i = 0; i < products.size(); ++i) {
    products[i] *= other[i];
  }
  return products;
}

std::vector<Operations> operations(const PostLayer& layer) {
  return {{"mul", layer.outputs}};
}

}  // namespace

extern const PostOp kMul{.op = traces::Op::mul,
                         .values = values,
                         .operations = operations,
                         .takes_skip = true,
                         .counted_as = &OperationCounts::elementwise_multiplies};

}  // namespace turnpike::accelerator::post
