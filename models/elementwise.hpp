#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "sim/base/tensor.hpp"
#include "traces/trace.hpp"

/// What the post-processing unit does with whole maps, shared by the quantized engine (T = double)
/// and the float network (T = float). Tensors are [N][C][rows][columns], row-major.
namespace turnpike::models {

struct PoolShape {
  TensorShape input;   ///< [N, C, rows, columns]
  TensorShape output;  ///< [N, C, rows, columns]
  std::array<int, 2> kernel = {1, 1};
  std::array<int, 2> stride = {1, 1};
  traces::Padding pad;
};

/// Padding never wins.
template <class T>
[[nodiscard]] std::vector<T> max_pool(const PoolShape& shape, const std::vector<T>& in);

/// Sum of the window in row-major order, divided by the window's whole area (padding counts as 0).
template <class T>
[[nodiscard]] std::vector<T> average_pool(const PoolShape& shape, const std::vector<T>& in);

struct SkipShape {
  int stride = 1;
  int channel_pad = 0;
};

/// The skip operand as its `add` sees it: rows and columns subsampled from index 0, zero channels
/// appended (or put at both ends, see traces::SkipEdge). `target` is the other operand's shape.
template <class T>
[[nodiscard]] std::vector<T> skip_operand(const std::vector<T>& in, const TensorShape& shape,
                                          const TensorShape& target, const SkipShape& skip);

/// Operands joined along axis 1.
template <class T>
[[nodiscard]] std::vector<T> concatenate(const std::vector<std::vector<T>>& in,
                                         const std::vector<TensorShape>& shapes);

/// [N, C, ofmap rows, ofmap columns] of a pool; InternalError if the window is larger than the map.
[[nodiscard]] TensorShape pool_output_shape(const TensorShape& input,
                                            const std::array<int, 2>& kernel,
                                            const std::array<int, 2>& stride,
                                            const traces::Padding& pad);

}  // namespace turnpike::models
