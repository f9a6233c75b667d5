#include "models/ops/pool.hpp"

namespace turnpike::models {
namespace {

/// Sum of the window in row-major order, divided by its whole area: padding counts as 0.
template <class T>
struct Reduction {
  T area{};
  T sum{};
  void start() { sum = T{0}; }
  void take(T value) { sum += value; }
  [[nodiscard]] T value() const { return sum / area; }
};

template <class T>
Reduction<T> over(const PoolShape& shape) {
  return {.area = static_cast<T>(shape.kernel[0] * shape.kernel[1])};
}

FloatResult forward(const FloatOperands& operands) {
  const PoolShape shape = pool_shape(operands);
  return {.output = pooled(shape, operands.values(), over<float>(shape))};
}

LayerOutputs execute(const LayerOperands& operands) {
  const PoolShape shape = pool_shape(operands);
  return finished(operands,
                  {.values = pooled(shape, real_values(operands.input()), over<double>(shape)),
                   .shape = shape.output});
}

}  // namespace

extern constexpr Operation kAvgPool{.op = traces::Op::avgpool,
                                    .keys = kPoolKeys,
                                    .read = read_pool,
                                    .infer_shape = infer_pool,
                                    .forward = forward,
                                    .execute = execute,
                                    .lower = lower_pool};

}  // namespace turnpike::models
