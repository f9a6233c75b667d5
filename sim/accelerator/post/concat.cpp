#include "sim/accelerator/post/post_op.hpp"
#include "sim/accelerator/post/tensor_values.hpp"

namespace turnpike::accelerator::post {
namespace {

using traces::LayerEntry;
using traces::Trace;

std::vector<double> values(const Trace& trace, const LayerEntry& layer) {
  const std::int64_t batch = trace.tensor(layer.output).data.shape()[0];
  std::vector<std::vector<double>> parts;
  for (const std::string& input : layer.inputs) {
    parts.push_back(reals(trace.tensor(input)));
  }
  std::vector<double> out;
  for (std::int64_t n = 0; n < batch; ++n) {
    for (const auto& part : parts) {
      const auto size = static_cast<std::ptrdiff_t>(part.size()) / batch;
      out.insert(out.end(), part.begin() + n * size, part.begin() + (n + 1) * size);
    }
  }
  return out;
}

/// Moves data only.
std::vector<Operations> operations(const PostLayer&) {
  return {};
}

}  // namespace

extern const PostOp kConcat{
    .op = traces::Op::concat, .values = values, .operations = operations, .on_psums = false};

}  // namespace turnpike::accelerator::post
