#include <algorithm>

#include "sim/accelerator/post/pool_window.hpp"
#include "sim/accelerator/post/post_op.hpp"

namespace turnpike::accelerator::post {
namespace {

using traces::LayerEntry;
using traces::Trace;

std::vector<double> values(const Trace& trace, const LayerEntry& layer) {
  return pooled(trace, layer, true);
}

std::vector<Operations> operations(const PostLayer& layer) {
  return {{"max", layer.inputs}};
}

/// Each pooled row is made of several ofmap rows: written for the first, and read and written once
/// for each other. Along a row, registers do.
std::uint64_t writes(const LayerEntry& layer) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(layer.kernel[0], 1));
}

}  // namespace

extern const PostOp kMaxPool{
    .op = traces::Op::maxpool, .values = values, .operations = operations, .writes = writes};

}  // namespace turnpike::accelerator::post
