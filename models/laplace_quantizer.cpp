#include "models/laplace_quantizer.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include <boost/math/tools/minima.hpp>
#include <fmt/format.h>

#include "sim/base/error.hpp"

namespace turnpike::models {
namespace {

/// Integral over [0, d] of exp(-y) (y - d/2)^2 dy, as exp(-d/2) times twice the integral over
/// [0, d/2] of z^2 cosh(z) dz, whose power series has no cancellation for small d.
double cell_integral(double d) {
  const double h = 0.5 * d;
  double power = h * h * h;
  double sum = 0.0;
  for (int n = 0; n < 24; ++n) {
    sum += power / (2.0 * n + 3.0);
    power *= h * h / ((2.0 * n + 1.0) * (2.0 * n + 2.0));
  }
  return 2.0 * std::exp(-h) * sum;
}

double search_spacing(int bits) {
  const auto error = [bits](double log_spacing) {
    return laplace_error(std::exp(log_spacing), bits);
  };
  // Near a minimum doubles tell apart the square root of what they hold: half their digits.
  constexpr int kDigits = std::numeric_limits<double>::digits / 2;
  return std::exp(
      boost::math::tools::brent_find_minima(error, std::log(1e-5), std::log(4.0), kDigits).first);
}

void check_bits(int bits) {
  ensure(bits >= 1 && bits <= kMaxWeightBits, fmt::format("{} weight bits are in 1..16", bits));
}

template <class Code>
Tensor floor_codes(std::span<const float> weights, TensorShape shape, double spacing, int bits) {
  const double low = -std::ldexp(1.0, bits - 1);
  const double high = -low - 1.0;
  std::vector<Code> codes(weights.size());
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const double cell = std::floor(static_cast<double>(weights[i]) / spacing);
    codes[i] = static_cast<Code>(static_cast<std::int32_t>(std::min(std::max(cell, low), high)));
  }
  return Tensor{std::move(shape), std::move(codes)};
}

}  // namespace

double laplace_error(double spacing, int bits) {
  check_bits(bits);
  const double cells = std::ldexp(1.0, bits - 1);
  const double a = 0.5 * spacing;
  // The inner cells are a geometric series; the last one reaches to infinity.
  const double inner =
      cells > 1.0 ? std::expm1(-(cells - 1.0) * spacing) / std::expm1(-spacing) : 0;
  const double outer = std::exp(-(cells - 1.0) * spacing) * (2.0 - 2.0 * a + a * a);
  return cell_integral(spacing) * inner + outer;
}

double laplace_spacing(int bits) {
  check_bits(bits);
  static const std::array<double, kMaxWeightBits> spacings = [] {
    std::array<double, kMaxWeightBits> table{};
    for (int k = 1; k <= kMaxWeightBits; ++k) {
      table[static_cast<std::size_t>(k - 1)] = search_spacing(k);
    }
    return table;
  }();
  return spacings[static_cast<std::size_t>(bits - 1)];
}

double weight_spacing(std::span<const float> weights, int bits) {
  // Sixteen partial sums: a fixed order that still vectorises.
  std::array<double, 16> sums{};
  std::array<float, 16> peaks{};
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const float magnitude = std::fabs(weights[i]);
    sums[i % 16] += static_cast<double>(magnitude);
    peaks[i % 16] = std::max(peaks[i % 16], magnitude);
  }
  double sum = 0.0;
  double peak = 0.0;
  for (std::size_t i = 0; i < 16; ++i) {
    sum += sums[i];
    peak = std::max(peak, static_cast<double>(peaks[i]));
  }
  if (peak == 0.0) {
    return 1e-30;  // all zero: mid-rise has no zero level, so the levels are made negligible
  }
  const double spacing = laplace_spacing(bits) * sum / static_cast<double>(weights.size());
  return bits > 8 ? std::min(spacing, std::ldexp(peak, 1 - bits)) : spacing;
}

Tensor quantize_weights(std::span<const float> weights, TensorShape shape, double spacing,
                        int bits) {
  check_bits(bits);
  return bits <= 8 ? floor_codes<std::int8_t>(weights, std::move(shape), spacing, bits)
                   : floor_codes<std::int16_t>(weights, std::move(shape), spacing, bits);
}

}  // namespace turnpike::models
