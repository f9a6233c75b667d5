#pragma once

#include <algorithm>

#include "models/operands.hpp"
#include "models/ops/operation.hpp"
#include "sim/base/error.hpp"

/// What maxpool and avgpool share: a window that slides over every channel.
namespace turnpike::models {

struct PoolShape {
  TensorShape input;   ///< [N, C, rows, columns]
  TensorShape output;  ///< [N, C, rows, columns]
  std::array<int, 2> kernel = {1, 1};
  std::array<int, 2> stride = {1, 1};
  traces::Padding pad;
};

/// Of a layer of a network, and of a trace. A kernel of {0, 0} is as large as the map.
[[nodiscard]] PoolShape pool_shape(const FloatOperands& operands);
[[nodiscard]] PoolShape pool_shape(const LayerOperands& operands);

extern const std::array<LayerKey, 3> kPoolKeys;
void read_pool(LayerReader& keys, Layer& layer);
[[nodiscard]] std::string infer_pool(Layer& layer, const std::vector<TensorShape>& inputs,
                                     std::int64_t batch);
void lower_pool(GraphBuilder& graph, const Layer& layer, traces::LayerEntry entry);

/// Walks all windows in row-major order: window.start(), take(value) per element inside the map,
/// then value() is the output.
template <class T, class Reduction>
std::vector<T> pooled(const PoolShape& shape, const std::vector<T>& in, Reduction window) {
  const std::int64_t rows = shape.input[2];
  const std::int64_t columns = shape.input[3];
  const std::int64_t planes = shape.input[0] * shape.input[1];
  std::vector<T> out;
  out.reserve(static_cast<std::size_t>(element_count(shape.output)));
  for (std::int64_t plane = 0; plane < planes; ++plane) {
    const T* const map = in.data() + plane * rows * columns;
    for (std::int64_t e = 0; e < shape.output[2]; ++e) {
      const std::int64_t top = e * shape.stride[0] - shape.pad.top;
      for (std::int64_t f = 0; f < shape.output[3]; ++f) {
        const std::int64_t left = f * shape.stride[1] - shape.pad.left;
        window.start();
        for (std::int64_t h = std::max<std::int64_t>(top, 0);
             h < std::min(rows, top + shape.kernel[0]); ++h) {
          for (std::int64_t w = std::max<std::int64_t>(left, 0);
               w < std::min(columns, left + shape.kernel[1]); ++w) {
            window.take(map[h * columns + w]);
          }
        }
        out.push_back(window.value());
      }
    }
  }
  return out;
}

}  // namespace turnpike::models
