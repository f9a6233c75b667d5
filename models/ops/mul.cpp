#include <algorithm>
#include <functional>

#include "models/operands.hpp"
#include "models/ops/operation.hpp"
#include "sim/base/error.hpp"

namespace turnpike::models {
namespace {

void read(LayerReader&, Layer&) {}

std::string infer_shape(Layer& layer, const std::vector<TensorShape>& inputs, std::int64_t) {
  layer.output_shape = inputs[0];
  return inputs.size() == 2 && inputs[0] == inputs[1] ? ""
                                                      : "multiplies two inputs of the same shape";
}

FloatResult forward(const FloatOperands& operands) {
  FloatResult result{.output = operands.values()};
  std::transform(result.output.begin(), result.output.end(), operands.values(1).begin(),
                 result.output.begin(), std::multiplies<>{});
  return result;
}

LayerOutputs execute(const LayerOperands& operands) {
  RealValues out{.values = real_values(operands.input(0)), .shape = operands.input(0).data.shape()};
  const std::vector<double> by = real_values(operands.input(1));
  ensure(by.size() == out.values.size(), "the operands of a mul have one shape");
  std::transform(out.values.begin(), out.values.end(), by.begin(), out.values.begin(),
                 std::multiplies<>{});
  return finished(operands, std::move(out));
}

}  // namespace

extern constexpr Operation kMul{.op = traces::Op::mul,
                                .read = read,
                                .infer_shape = infer_shape,
                                .forward = forward,
                                .execute = execute};

}  // namespace turnpike::models
