#include "pe/pass_shape.hpp"

#include <algorithm>

#include "sim/base/error.hpp"

namespace turnpike::pe {
namespace {

std::int32_t ceil_div(std::int32_t a, std::int32_t b) {
  return (a + b - 1) / b;
}

}  // namespace

std::int32_t PassShape::filters_of(std::int32_t tg) const {
  return std::clamp(filters - tg * p, 0, p);
}

std::int32_t PassShape::channels_of(std::int32_t rg) const {
  return std::clamp(channels - rg * q, 0, q);
}

std::vector<Chain> place_chains(const PassShape& shape) {
  const std::int32_t segments = ceil_div(shape.e, shape.columns);
  const std::int32_t width = ceil_div(shape.e, segments);
  const std::int32_t height = shape.r * shape.R;
  const std::int32_t across = shape.columns / width;
  ensure(height <= shape.rows && shape.t * segments <= across * (shape.rows / height),
         "the PE sets of a pass fit the array");
  std::vector<Chain> chains;
  for (std::int32_t tg = 0; tg < shape.t; ++tg) {
    for (std::int32_t segment = 0; segment < segments; ++segment) {
      const auto slot = static_cast<std::int32_t>(chains.size());
      const std::int32_t first = segment * width;
      chains.push_back({tg, first, std::min(width, shape.e - first), (slot / across) * height,
                        (slot % across) * width});
    }
  }
  return chains;
}

}  // namespace turnpike::pe
