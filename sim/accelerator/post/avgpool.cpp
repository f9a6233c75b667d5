#include "sim/accelerator/post/pool_window.hpp"
#include "sim/accelerator/post/post_op.hpp"

namespace turnpike::accelerator::post {
namespace {

using traces::LayerEntry;
using traces::Trace;

std::vector<double> values(const Trace& trace, const LayerEntry& layer) {
  return pooled(trace, layer, false);
}

std::vector<Operations> operations(const PostLayer& layer) {
  return {{"pool", layer.inputs}};
}

}  // namespace

extern const PostOp kAveragePool{
    .op = traces::Op::avgpool, .values = values, .operations = operations};

}  // namespace turnpike::accelerator::post
