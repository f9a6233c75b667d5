// The codes of a value. Lowering puts these layers in, and an imported network may state them; a
// network file has none.

#include "models/operands.hpp"
#include "models/ops/elementwise.hpp"

namespace turnpike::models {
namespace {

LayerOutputs execute(const LayerOperands& operands) {
  return quantized_map(operands, [](double value) { return value; });
}

/// A sequence has no channels to speak of, so it may be one.
std::string infer_shape(Layer& layer, const std::vector<TensorShape>& inputs, std::int64_t) {
  layer.output_shape = inputs[0];
  return layer.grid ? "" : "needs a grid";
}

/// What a reader of the codes sees.
FloatResult forward(const FloatOperands& operands) {
  const StatedGrid& grid = operands.layer.grid.value();
  return float_map(operands, [&grid](float value) {
    return grid.scale[0] * (grid.code(static_cast<double>(value)) - grid.zero_point);
  });
}

}  // namespace

extern constexpr Operation kQuantize{
    .op = traces::Op::quantize, .infer_shape = infer_shape, .forward = forward, .execute = execute};

}  // namespace turnpike::models
