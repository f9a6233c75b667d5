// SAWB (Choi et al. 2019, "Accurate and Efficient 2-bit Quantized Neural Networks", MLSys): 2^k
// levels from -a to a with a = c1 sqrt(E[w^2]) - c2 E[|w|]. c1 and c2 are fitted here as there: by
// least squares to the best a of several densities, at each width.

#include <algorithm>
#include <array>
#include <cmath>

#include "models/quantizers/weight_quantizer.hpp"

namespace turnpike::models {
namespace {

constexpr int kMostBits = 8;
constexpr int kPoints = 2000;  ///< quantiles a density is taken at

/// The positive half of a symmetric density by its quantile function, u in (0, 1).
using Quantile = double (*)(double u);

double normal(double u) {
  // Newton steps on erf, from the Laplace quantile.
  double x = 0.8 * -std::log1p(-u);
  for (int i = 0; i < 40; ++i) {
    const double slope = std::sqrt(2.0 / M_PI) * std::exp(-0.5 * x * x);
    const double step = (std::erf(x / std::sqrt(2.0)) - u) / slope;
    x -= std::min(std::max(step, -0.5), 0.5);
  }
  return x;
}
double laplace(double u) {
  return -std::log1p(-u);
}
double logistic(double u) {
  return std::log((1.0 + u) / (1.0 - u));
}
double triangular(double u) {
  return 1.0 - std::sqrt(1.0 - u);
}
double uniform(double u) {
  return u;
}

double squared_error(const std::vector<double>& values, double edge, int bits) {
  const double spacing = 2.0 * edge / (std::ldexp(1.0, bits) - 1.0);
  const double top = std::ldexp(1.0, bits - 1) - 1.0;
  double sum = 0.0;
  for (const double value : values) {
    const double level = (std::min(std::floor(value / spacing), top) + 0.5) * spacing;
    sum += (value - level) * (value - level);
  }
  return sum;
}

double best_edge(const std::vector<double>& values, int bits) {
  const double golden = 0.5 * (std::sqrt(5.0) - 1.0);
  double low = 0.05 * values.back();
  double high = 1.2 * values.back();
  for (int i = 0; i < 60; ++i) {
    const double a = high - golden * (high - low);
    const double b = low + golden * (high - low);
    if (squared_error(values, a, bits) < squared_error(values, b, bits)) {
      high = b;
    } else {
      low = a;
    }
  }
  return 0.5 * (low + high);
}

struct Fit {
  double c1 = 0.0;
  double c2 = 0.0;
};

/// Line through best edge / E|w| over sqrt(E[w^2]) / E|w|.
Fit fit(int bits) {
  double n = 0.0;
  double sx = 0.0;
  double sy = 0.0;
  double sxx = 0.0;
  double sxy = 0.0;
  for (const Quantile quantile : {normal, laplace, logistic, triangular, uniform}) {
    std::vector<double> values;
    double mean = 0.0;
    double square = 0.0;
    for (int i = 0; i < kPoints; ++i) {
      values.push_back(quantile((i + 0.5) / kPoints));
      mean += values.back() / kPoints;
      square += values.back() * values.back() / kPoints;
    }
    const double x = std::sqrt(square) / mean;
    const double y = best_edge(values, bits) / mean;
    n += 1.0;
    sx += x;
    sy += y;
    sxx += x * x;
    sxy += x * y;
  }
  const double c1 = (n * sxy - sx * sy) / (n * sxx - sx * sx);
  return {.c1 = c1, .c2 = (c1 * sx - sy) / n};
}

double sawb_scale(std::span<const float> values, int bits) {
  static const std::array<Fit, kMostBits + 1> fits = [] {
    std::array<Fit, kMostBits + 1> all;
    for (int k = 2; k <= kMostBits; ++k) {
      all[static_cast<std::size_t>(k)] = fit(k);
    }
    return all;
  }();
  double square = 0.0;
  for (const float value : values) {
    square += static_cast<double>(value) * static_cast<double>(value);
  }
  const Fit& line = fits.at(static_cast<std::size_t>(bits));
  const double edge =
      line.c1 * std::sqrt(square / static_cast<double>(std::max<std::size_t>(values.size(), 1))) -
      line.c2 * mean_magnitude(values);
  return 2.0 * edge / (std::ldexp(1.0, bits) - 1.0);
}

}  // namespace

extern const WeightQuantization kSawbWeights;
const WeightQuantization kSawbWeights{.name = WeightQuantizer::sawb,
                                      .midrise = true,
                                      .least_bits = 2,
                                      .most_bits = kMostBits,
                                      .scale = sawb_scale,
                                      .code = floor_code};

}  // namespace turnpike::models
