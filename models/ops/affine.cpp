// A scale and bias per channel and a ReLU that stand alone, as the batch norm of a pre-activation
// block does; behind a convolution they are part of that layer.

#include "models/operands.hpp"
#include "models/ops/elementwise.hpp"

namespace turnpike::models {
namespace {

constexpr std::array kKeys = {kRelu};

void read(LayerReader& keys, Layer& layer) {
  layer.relu = keys.flag_or(kRelu, true);
}

FloatResult forward(const FloatOperands& operands) {
  return float_map(operands, [](float value) { return value; });
}

LayerOutputs execute(const LayerOperands& operands) {
  return quantized_map(operands, [](double value) { return value; });
}

}  // namespace

extern constexpr Operation kAffine{.op = traces::Op::affine,
                                   .keys = kKeys,
                                   .read = read,
                                   .infer_shape = same_shape,
                                   .has_scale = true,
                                   .has_bias = true,
                                   .forward = forward,
                                   .execute = execute};

}  // namespace turnpike::models
