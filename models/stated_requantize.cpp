#include "models/stated_requantize.hpp"

#include <algorithm>
#include <cmath>

#include "models/stated_lowering.hpp"
#include "sim/base/error.hpp"

namespace turnpike::models {
namespace {

using traces::Op;
using traces::Requantize;

/// Bits by which the inputs of a sum are shifted left before they are brought to one scale.
constexpr int kSumShift = 20;

void append(double factor, std::vector<std::int64_t>& multiplier,
            std::vector<std::int64_t>& shift) {
  const FixedPointFactor fixed = fixed_point_factor(factor);
  multiplier.push_back(fixed.multiplier);
  shift.push_back(fixed.shift);
}

/// The code a bound of the activation has on the output's grid.
std::int64_t bound(const StatedGrid& grid, float value) {
  const double code = std::round(static_cast<double>(value) / grid.scale[0]) + grid.zero_point;
  return static_cast<std::int64_t>(
      std::clamp(code, static_cast<double>(grid.low()), static_cast<double>(grid.high())));
}

}  // namespace

FixedPointFactor fixed_point_factor(double factor) {
  ensure(factor >= 0.0 && std::isfinite(factor), "a fixed-point factor is finite");
  if (factor == 0.0) {
    return {};
  }
  int exponent = 0;
  auto mantissa = static_cast<std::int64_t>(std::round(std::frexp(factor, &exponent) * 0x1.0p31));
  if (mantissa == std::int64_t{1} << 31) {
    mantissa /= 2;
    ++exponent;
  }
  if (exponent < -31) {
    return {};
  }
  return exponent > 30 ? FixedPointFactor{0x7fffffff, 30} : FixedPointFactor{mantissa, exponent};
}

Requantize stated_requantize(const Layer& layer, const std::vector<StatedGrid>& inputs,
                             const StatedGrid& output, Requantize::Rounding rounding) {
  Requantize how;
  how.rounding = rounding;
  const double to = output.scale[0];
  const double from = inputs.at(0).scale[0];
  switch (layer.op) {
    case Op::conv:
    case Op::fc:
      for (const double scale : layer.weight_grid.value().scale) {
        append(from * scale / to, how.multiplier, how.shift);
      }
      break;
    case Op::add: {
      const double common = 2.0 * std::max(from, inputs.at(1).scale[0]);
      how.left_shift = kSumShift;
      append(from / common, how.input_multiplier, how.input_shift);
      append(inputs.at(1).scale[0] / common, how.input_multiplier, how.input_shift);
      append(common / (std::ldexp(1.0, kSumShift) * to), how.multiplier, how.shift);
      break;
    }
    case Op::mul:
      append(from * inputs.at(1).scale[0] / to, how.multiplier, how.shift);
      break;
    case Op::avgpool:
      if (layer.kernel == std::array{0, 0}) {  // a mean; a pool keeps its grid
        append(from / to, how.multiplier, how.shift);
      }
      break;
    default:
      append(from / to, how.multiplier, how.shift);
      break;
  }
  if (layer.clip) {
    how.codes = {bound(output, layer.clip->front()), bound(output, layer.clip->back())};
  }
  return how;
}

}  // namespace turnpike::models
