#pragma once

#include <cstdint>

#include "traces/trace.hpp"

/// Convolutions as matrix products, for the functional engine and the float network.
namespace turnpike::models {

/// ifmap [batch][channels][rows][columns], filter [filters][channels / groups][R][S],
/// ofmap [batch][filters][out_rows][out_columns]. fc is rows = columns = R = S = 1. The number
/// side's own description of a convolution, shared with no hardware: what the machine computes is
/// checked against it.
struct ConvShape {
  std::int64_t batch = 1;
  std::int64_t channels = 0;
  std::int64_t rows = 1;
  std::int64_t columns = 1;
  std::int64_t filters = 0;
  std::int64_t kernel_rows = 1;
  std::int64_t kernel_columns = 1;
  std::int64_t stride_rows = 1;
  std::int64_t stride_columns = 1;
  traces::Padding pad = {};
  std::int64_t groups = 1;
  std::int64_t out_rows = 1;
  std::int64_t out_columns = 1;

  [[nodiscard]] std::int64_t fan_in() const {
    return channels / groups * kernel_rows * kernel_columns;
  }
  [[nodiscard]] std::int64_t out_positions() const { return out_rows * out_columns; }
  [[nodiscard]] std::int64_t outputs() const { return batch * filters * out_positions(); }
};

/// Sums of products; padding contributes 0. T is float, double or std::int64_t. In floating point
/// the result is exact, in any order of addition, while every sum of |filter| * |ifmap| stays below
/// 2^24 (float) or 2^53 (double) and the operands are integers.
template <class T>
void convolve(const ConvShape& shape, const T* ifmap, const T* filter, T* ofmap);

}  // namespace turnpike::models
