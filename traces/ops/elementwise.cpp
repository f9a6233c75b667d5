// Operations of equal extents, pools and joins.

#include <algorithm>

#include <fmt/format.h>

#include "traces/ops/layer_check.hpp"

namespace turnpike::traces::ops {

void check_equal_extents(const LayerCheck& layer) {
  const TensorShape& first = layer.input().shape;
  for (std::size_t i = 1; i < layer.entry().inputs.size(); ++i) {
    layer.expect_shape(layer.input(i), first, "the shape of the first input");
  }
  layer.expect_shape(layer.output(), first, "the shape of the input");
}

void check_quantize(const LayerCheck& layer) {
  check_equal_extents(layer);
  if (layer.output().is_float()) {
    layer.fail(fmt::format("output '{}' of op quantize is of kind float", layer.output().name));
  }
}

void check_pool(const LayerCheck& layer) {
  const LayerEntry& entry = layer.entry();
  layer.expect_rank(layer.input(), 4, "[N, C, H, W]");
  const std::int64_t channels = layer.input().shape[1];
  if (entry.kernel[0] == 0) {
    return layer.expect_vectors(layer.output(), channels, "a global pool");
  }
  const auto [rows, columns] = entry.kernel;
  if (std::max(entry.pad.top, entry.pad.bottom) >= rows ||
      std::max(entry.pad.left, entry.pad.right) >= columns) {
    layer.fail(fmt::format("pad must be less than the kernel ({} x {})", rows, columns));
  }
  layer.expect_shape(layer.output(), layer.windowed(channels, rows, columns),
                     "from the input, kernel, stride and pad");
}

void check_concat(const LayerCheck& layer) {
  const ProgramTensor& first = layer.input();
  TensorShape sum = first.shape;
  for (std::size_t i = 1; i < layer.entry().inputs.size(); ++i) {
    const ProgramTensor& next = layer.input(i);
    TensorShape other = next.shape;
    sum[1] += other[1];
    other[1] = first.shape[1];
    if (other != first.shape) {
      layer.fail(fmt::format("inputs '{}' and '{}' of shapes {} and {} differ beyond the channels",
                             first.name, next.name, to_string(first.shape), to_string(next.shape)));
    }
  }
  layer.expect_shape(layer.output(), sum, "the channels of all inputs");
}

}  // namespace turnpike::traces::ops
