#pragma once

#include <cstdint>
#include <vector>

#include "models/convolution.hpp"
#include "sim/base/random.hpp"
#include "sim/base/tensor.hpp"

/// Slow and obvious oracles for the tests of models/; they share no code with it.
namespace turnpike::models::naive {

/// Seven loops; padding is 0.
template <class T>
std::vector<T> convolve(const ConvShape& s, const std::vector<T>& x, const std::vector<T>& w) {
  std::vector<T> out;
  const std::int64_t group_channels = s.channels / s.groups;
  const std::int64_t group_filters = s.filters / s.groups;
  for (std::int64_t n = 0; n < s.batch; ++n) {
    for (std::int64_t m = 0; m < s.filters; ++m) {
      for (std::int64_t e = 0; e < s.out_rows; ++e) {
        for (std::int64_t f = 0; f < s.out_columns; ++f) {
          T sum{0};
          for (std::int64_t c = 0; c < group_channels; ++c) {
            for (std::int64_t r = 0; r < s.kernel_rows; ++r) {
              for (std::int64_t k = 0; k < s.kernel_columns; ++k) {
                const std::int64_t h = e * s.stride_rows + r - s.pad.top;
                const std::int64_t v = f * s.stride_columns + k - s.pad.left;
                if (h < 0 || v < 0 || h >= s.rows || v >= s.columns) {
                  continue;
                }
                const std::int64_t channel = m / group_filters * group_channels + c;
                const std::int64_t at = ((n * s.channels + channel) * s.rows + h) * s.columns + v;
                const std::int64_t tap =
                    ((m * group_channels + c) * s.kernel_rows + r) * s.kernel_columns + k;
                sum += x[static_cast<std::size_t>(at)] * w[static_cast<std::size_t>(tap)];
              }
            }
          }
          out.push_back(sum);
        }
      }
    }
  }
  return out;
}

/// A random conv shape that fits: kernels 1..5, strides 1..3, uneven padding, groups.
inline ConvShape random_shape(Random& random) {
  ConvShape s;
  s.batch = random.integer(1, 2);
  s.groups = random.integer(1, 3);
  s.channels = s.groups * random.integer(1, 4);
  s.filters = s.groups * random.integer(1, 5);
  s.kernel_rows = random.integer(1, 5);
  s.kernel_columns = random.integer(1, 5);
  s.stride_rows = random.integer(1, 3);
  s.stride_columns = random.integer(1, 3);
  const auto pad = [&](std::int64_t kernel) {
    return static_cast<int>(random.integer(0, kernel - 1));
  };
  s.pad = {pad(s.kernel_rows), pad(s.kernel_columns), pad(s.kernel_rows), pad(s.kernel_columns)};
  s.rows = random.integer(s.kernel_rows, 12);
  s.columns = random.integer(s.kernel_columns, 12);
  s.out_rows = (s.rows + s.pad.top + s.pad.bottom - s.kernel_rows) / s.stride_rows + 1;
  s.out_columns = (s.columns + s.pad.left + s.pad.right - s.kernel_columns) / s.stride_columns + 1;
  return s;
}

template <class T>
std::vector<T> random_integers(Random& random, std::int64_t count, std::int64_t low,
                               std::int64_t high) {
  std::vector<T> values(static_cast<std::size_t>(count));
  for (T& value : values) {
    value = static_cast<T>(random.integer(low, high));
  }
  return values;
}

}  // namespace turnpike::models::naive
