// The codes of a value. Lowering puts these layers in; a network file has none.

#include "models/operands.hpp"
#include "models/ops/elementwise.hpp"

namespace turnpike::models {
namespace {

LayerOutputs execute(const LayerOperands& operands) {
  return quantized_map(operands, [](double value) { return value; });
}

}  // namespace

extern constexpr Operation kQuantize{.op = traces::Op::quantize, .execute = execute};

}  // namespace turnpike::models
