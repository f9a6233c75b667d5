#pragma once

#include <optional>

#include "models/activation_quantizer.hpp"
#include "sim/config/layers.hpp"

/// Ways to find the range of activations; each has a file of its own.
namespace turnpike::models {

struct RangeQuestion {
  Grid grid = Grid::positive;
  int bits = 16;
  config::ActivationQuantizer quantizer = config::ActivationQuantizer::mse;
  std::optional<double> clip;  ///< one that is known beforehand: no question
};
/// The grid of these values.
[[nodiscard]] UniformGrid found_grid(const RangeQuestion& question, const ValueHistogram& values);

/// The largest magnitude.
[[nodiscard]] double largest_clip(const ValueHistogram& values);
/// The magnitude that 99.9 % of the values, zeros among them, do not exceed.
[[nodiscard]] double percentile_clip(const ValueHistogram& values);
/// The clip that a step means: the largest code times the step.
[[nodiscard]] double clip_of_step(double step, Grid grid, int bits);

}  // namespace turnpike::models
