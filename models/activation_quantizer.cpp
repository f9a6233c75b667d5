#include "models/activation_quantizer.hpp"

#include <algorithm>
#include <cmath>

#include "sim/base/error.hpp"

namespace turnpike::models {
namespace {

/// Up to the next multiple of 2^-9 of the leading power of two.
double rounded_up(double value) {
  int exponent = 0;
  const double mantissa = std::frexp(value, &exponent);
  return std::ldexp(std::ceil(std::ldexp(mantissa, 10)), exponent - 10);
}

/// Squared error of one value on the grid.
double square_error(double value, const UniformGrid& grid, double low, double high) {
  const double code = std::nearbyint(value / grid.scale + grid.zero_point);
  const double error = grid.scale * (std::min(std::max(code, low), high) - grid.zero_point) - value;
  return error * error;
}

}  // namespace

void ValueRange::add(std::span<const float> values) {
  for (const float value : values) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
}

ValueHistogram::ValueHistogram(const ValueRange& range)
    : min_{static_cast<double>(range.low)}, max_{static_cast<double>(range.high)} {
  ensure(std::isfinite(range.low) && std::isfinite(range.high), "calibration values are finite");
  bins_ = {std::vector<std::int64_t>(kBins), std::vector<std::int64_t>(kBins)};
  const double peak = std::max(-min_, max_);
  if (peak > 0.0) {
    magnitude_ = rounded_up(peak);
  }
}

ValueHistogram::ValueHistogram(std::span<const float> values)
    : ValueHistogram{[&] {
        ValueRange range;
        range.add(values);
        return range;
      }()} {
  add(values);
}

void ValueHistogram::add(std::span<const float> values) {
  count_ += static_cast<std::int64_t>(values.size());
  const auto per_value = static_cast<float>(static_cast<double>(kBins) / magnitude_);
  for (const float value : values) {
    if (value == 0.0F) {
      ++zeros_;
      continue;
    }
    const auto bin = static_cast<std::size_t>(std::fabs(value) * per_value);
    ++bins_[value < 0.0F ? 1 : 0][std::min(bin, kBins - 1)];
  }
}

void ValueHistogram::add(const ValueHistogram& other) {
  ensure(other.min_ == min_ && other.max_ == max_, "histograms of one range are added");
  count_ += other.count_;
  zeros_ += other.zeros_;
  for (std::size_t sign = 0; sign < 2; ++sign) {
    for (std::size_t i = 0; i < bins_[sign].size(); ++i) {
      bins_[sign][i] += other.bins_[sign][i];
    }
  }
}

double ValueHistogram::zero_fraction() const {
  return count_ == 0 ? 0.0 : static_cast<double>(zeros_) / static_cast<double>(count_);
}

UniformGrid uniform_grid(Grid grid, int bits, double clip) {
  const double codes = std::ldexp(1.0, bits) - 1.0;
  switch (grid) {
    case Grid::positive:
      return {.scale = clip / codes};
    case Grid::symmetric:
      return {.scale = clip / std::max(1.0, std::ldexp(1.0, bits - 1) - 1.0), .is_signed = true};
    case Grid::asymmetric:
      return {.scale = 2.0 * clip / codes, .zero_point = std::floor(0.5 * codes)};
    case Grid::fractional:
      return {.scale = 2.0 * clip / codes, .zero_point = 0.5 * codes};
  }
  return {};
}

double grid_error(const ValueHistogram& values, Grid grid, int bits, double clip) {
  const UniformGrid uniform = uniform_grid(grid, bits, clip);
  const double low = uniform.is_signed ? -std::ldexp(1.0, bits - 1) : 0.0;
  const double high = low + std::ldexp(1.0, bits) - 1.0;
  const double width = values.magnitude() / static_cast<double>(ValueHistogram::kBins);
  const bool fine = uniform.scale < 16.0 * width;
  const double noise = uniform.scale * uniform.scale / 12.0;
  double sum = 0.0;
  for (std::size_t sign = 0; sign < 2; ++sign) {
    const auto& bins = values.bins()[sign];
    for (std::size_t i = 0; i < bins.size(); ++i) {
      if (bins[i] == 0) {
        continue;
      }
      const double magnitude = (static_cast<double>(i) + 0.5) * width;
      const double value = sign == 0 ? magnitude : -magnitude;
      double error = square_error(value, uniform, low, high);
      if (fine) {
        const double beyond = magnitude - clip;
        const bool clipped = beyond > 0.0 || (grid == Grid::positive && sign == 1);
        error = clipped ? std::max(error, noise) : noise;
      }
      sum += error * static_cast<double>(bins[i]);
    }
  }
  return values.count() == 0 ? 0.0 : sum / static_cast<double>(values.count());
}

double best_clip(const ValueHistogram& values, Grid grid, int bits) {
  if (values.count() == 0) {
    return values.magnitude();
  }
  double best = values.magnitude();
  double least = grid_error(values, grid, bits, best);
  for (int part = 127; part >= 6; --part) {
    const double clip = values.magnitude() * part / 128.0;
    const double error = grid_error(values, grid, bits, clip);
    if (error < least) {
      least = error;
      best = clip;
    }
  }
  return best;
}

UniformGrid best_asymmetric(const ValueHistogram& values, int bits) {
  constexpr int kParts = 64;
  const double codes = std::ldexp(1.0, bits) - 1.0;
  const double width = values.magnitude() / static_cast<double>(ValueHistogram::kBins);
  const double span = values.max() - values.min();
  UniformGrid best{.scale = (span > 0.0 ? span : 1.0) / codes};
  double least = -1.0;
  for (int part = kParts; part >= kParts / 4 && span > 0.0; --part) {
    UniformGrid tried{.scale = span * part / kParts / codes};
    tried.zero_point =
        std::min(std::max(std::nearbyint(-values.min() * part / kParts / tried.scale), 0.0), codes);
    double error = 0.0;
    for (std::size_t sign = 0; sign < 2; ++sign) {
      for (std::size_t i = 0; i < ValueHistogram::kBins; ++i) {
        const auto count = static_cast<double>(values.bins()[sign][i]);
        const double magnitude = (static_cast<double>(i) + 0.5) * width;
        error += count * square_error(sign == 0 ? magnitude : -magnitude, tried, 0.0, codes);
      }
    }
    if (least < 0.0 || error < least) {
      least = error;
      best = tried;
    }
  }
  return best;
}

}  // namespace turnpike::models
