#pragma once

#include "models/convolution.hpp"
#include "models/ops/operation.hpp"

/// What conv and fc share: sums of products with constant weights.
namespace turnpike::models {

[[nodiscard]] FloatResult float_products(const ConvShape& shape, const FloatOperands& operands);

/// The sums of a conv or fc layer as real values, [N][M] or [N][M][E][F].
[[nodiscard]] RealValues quantized_products(const ConvShape& shape, const LayerOperands& operands);

/// The convolution a conv or fc layer is.
[[nodiscard]] ConvShape conv_shape(const LayerOperands& operands);
[[nodiscard]] ConvShape conv_shape(const Layer& layer, std::int64_t batch);

}  // namespace turnpike::models
