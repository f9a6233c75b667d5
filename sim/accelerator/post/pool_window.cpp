#include "sim/accelerator/post/pool_window.hpp"

#include <algorithm>
#include <limits>

#include "sim/accelerator/post/tensor_values.hpp"

namespace turnpike::accelerator::post {

std::vector<double> pooled(const traces::Trace& trace, const traces::LayerEntry& layer,
                           bool maximum) {
  const traces::TensorEntry& input = trace.tensor(layer.inputs[0]);
  const std::vector<double> in = reals(input);
  const TensorShape& from = input.data.shape();
  const TensorShape& to = trace.tensor(layer.output).data.shape();
  const bool global = layer.kernel[0] == 0;
  const std::int64_t rows = global ? from[2] : layer.kernel[0];
  const std::int64_t columns = global ? from[3] : layer.kernel[1];
  const std::int64_t out_rows = global ? 1 : to[2];
  const std::int64_t out_columns = global ? 1 : to[3];
  std::vector<double> out;
  for (std::int64_t plane = 0; plane < from[0] * from[1]; ++plane) {
    for (std::int64_t y = 0; y < out_rows; ++y) {
      for (std::int64_t x = 0; x < out_columns; ++x) {
        double value = maximum ? -std::numeric_limits<double>::infinity() : 0.0;
        for (std::int64_t i = 0; i < rows; ++i) {
          for (std::int64_t k = 0; k < columns; ++k) {
            const std::int64_t row = global ? i : y * layer.stride[0] + i - layer.pad.top;
            const std::int64_t column = global ? k : x * layer.stride[1] + k - layer.pad.left;
            if (row < 0 || row >= from[2] || column < 0 || column >= from[3]) {
              continue;
            }
            const double v = in[index_of((plane * from[2] + row) * from[3] + column)];
            value = maximum ? std::max(value, v) : value + v;
          }
        }
        out.push_back(maximum ? value : value / static_cast<double>(rows * columns));
      }
    }
  }
  return out;
}

}  // namespace turnpike::accelerator::post
