#include <limits>

#include "models/ops/pool.hpp"

namespace turnpike::models {
namespace {

/// Padding never wins.
template <class T>
struct Reduction {
  T largest{};
  void start() { largest = -std::numeric_limits<T>::infinity(); }
  void take(T value) { largest = std::max(largest, value); }
  [[nodiscard]] T value() const { return largest; }
};

FloatResult forward(const FloatOperands& operands) {
  const PoolShape shape = pool_shape(operands);
  return {.output = pooled(shape, operands.values(), Reduction<float>{})};
}

LayerOutputs execute(const LayerOperands& operands) {
  const PoolShape shape = pool_shape(operands);
  return finished(operands,
                  {.values = pooled(shape, real_values(operands.input()), Reduction<double>{}),
                   .shape = shape.output});
}

}  // namespace

extern constexpr Operation kMaxPool{.op = traces::Op::maxpool,
                                    .keys = kPoolKeys,
                                    .read = read_pool,
                                    .infer_shape = infer_pool,
                                    .forward = forward,
                                    .execute = execute,
                                    .lower = lower_pool};

}  // namespace turnpike::models
