#include "models/quantizers/weight_quantizer.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "sim/base/error.hpp"
#include "traces/arithmetic.hpp"

namespace turnpike::models {

extern const WeightQuantization kLaplaceWeights;
extern const WeightQuantization kMinMaxWeights;
extern const WeightQuantization kMseWeights;
extern const WeightQuantization kDorefaWeights;
extern const WeightQuantization kSawbWeights;
extern const WeightQuantization kLsqWeights;
extern const WeightQuantization kSignWeights;
extern const WeightQuantization kTernaryWeights;

namespace {

/// Calls `visit(index, channel)` for every element.
template <class Visit>
void each_element(const TensorShape& shape, const std::optional<int>& axis, Visit visit) {
  const auto count = static_cast<std::size_t>(element_count(shape));
  std::size_t inner = 1;
  std::size_t extent = 1;
  if (axis) {
    extent = static_cast<std::size_t>(shape.at(static_cast<std::size_t>(*axis)));
    for (std::size_t i = static_cast<std::size_t>(*axis) + 1; i < shape.size(); ++i) {
      inner *= static_cast<std::size_t>(shape[i]);
    }
  }
  for (std::size_t i = 0; i < count; ++i) {
    visit(i, i / inner % extent);
  }
}

/// A scale that is a number to divide by, whatever the weights.
double usable(double scale) {
  return std::isfinite(scale) && scale > 0.0 ? scale : 1e-30;
}

}  // namespace

const WeightQuantization& weight_quantization(WeightQuantizer name) {
  static const std::array<const WeightQuantization*, 8> all = {
      &kLaplaceWeights, &kMinMaxWeights, &kMseWeights,  &kDorefaWeights,
      &kSawbWeights,    &kLsqWeights,    &kSignWeights, &kTernaryWeights};
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const auto* each) { return each->name == name; });
  ensure(found != all.end(), "every quantizer has a row");
  return **found;
}

Tensor quantize_weights(const WeightsToQuantize& weights, traces::TensorDeclaration& declared) {
  const WeightQuantization& way = weight_quantization(weights.quantizer);
  const std::vector<float> transformed =
      way.transform != nullptr ? way.transform(weights.values, weights.bits) : std::vector<float>{};
  const std::span<const float> values =
      transformed.empty() ? weights.values : std::span<const float>{transformed};
  const std::size_t channels =
      weights.axis
          ? static_cast<std::size_t>(weights.shape.at(static_cast<std::size_t>(*weights.axis)))
          : 1;
  std::vector<double> scales;
  std::vector<double> thresholds;
  const auto look_at = [&](std::span<const float> part) {
    scales.push_back(usable(weights.step ? *weights.step : way.scale(part, weights.bits)));
    thresholds.push_back(way.threshold != nullptr ? way.threshold(part) : -1.0);
  };
  if (channels == 1) {
    look_at(values);
  } else {
    std::vector<std::vector<float>> parts(channels);
    each_element(weights.shape, weights.axis,
                 [&](std::size_t i, std::size_t channel) { parts[channel].push_back(values[i]); });
    for (const std::vector<float>& part : parts) {
      look_at(part);
    }
  }
  declared.kind = way.midrise ? traces::TensorKind::midrise : traces::TensorKind::uniform;
  declared.zero_point = way.midrise ? -0.5 : 0.0;
  declared.is_signed = true;
  declared.scale = scales;
  declared.axis = channels == 1 ? std::nullopt : weights.axis;
  std::vector<std::int32_t> codes(values.size());
  each_element(weights.shape, weights.axis, [&](std::size_t i, std::size_t channel) {
    const auto value = static_cast<double>(values[i]);
    codes[i] = std::fabs(value) <= thresholds[channel]
                   ? 0
                   : way.code(value, scales[channel], weights.bits);
  });
  return smallest_integer_tensor(weights.shape, codes, declared.min_code(), declared.max_code());
}

std::int32_t floor_code(double value, double scale, int bits) {
  const double low = -std::ldexp(1.0, bits - 1);
  return static_cast<std::int32_t>(std::min(std::max(std::floor(value / scale), low), -low - 1.0));
}

std::int32_t balanced_code(double value, double scale, int bits) {
  const double high = std::ldexp(1.0, bits - 1) - 1.0;
  return static_cast<std::int32_t>(
      std::min(std::max(traces::round_half_even(value / scale), -high), high));
}

double mean_magnitude(std::span<const float> values) {
  double sum = 0.0;
  for (const float value : values) {
    sum += static_cast<double>(std::fabs(value));
  }
  return values.empty() ? 0.0 : sum / static_cast<double>(values.size());
}

double peak_magnitude(std::span<const float> values) {
  float peak = 0.0F;
  for (const float value : values) {
    peak = std::max(peak, std::fabs(value));
  }
  return static_cast<double>(peak);
}

}  // namespace turnpike::models
