// conv and fc: sums of products with constant weights.

#include <fmt/format.h>

#include "traces/ops/layer_check.hpp"

namespace turnpike::traces::ops {

void check_conv(const LayerCheck& layer) {
  const ProgramTensor& input = layer.input();
  const ProgramTensor& weights = layer.weights();
  const LayerEntry& entry = layer.entry();
  layer.expect_rank(input, 4, "[N, C, H, W]");
  layer.expect_rank(weights, 4, "[filters, channels / groups, rows, columns]");
  const TensorShape& filter = weights.shape;
  const std::int64_t channels = input.shape[1];
  if (filter[1] * entry.groups != channels || filter[0] % entry.groups != 0) {
    layer.fail(
        fmt::format("weights '{}' of shape {} in {} group{} do not match input '{}' of {} "
                    "channels",
                    weights.name, to_string(filter), entry.groups, entry.groups == 1 ? "" : "s",
                    input.name, channels));
  }
  layer.expect_shape(layer.output(), layer.windowed(filter[0], filter[2], filter[3]),
                     "from the input, the weights, stride and pad");
  layer.check_product({.input = input,
                       .weights = weights,
                       .terms = filter[1] * filter[2] * filter[3],
                       .channel_axis = 0,
                       .padded = entry.pad != Padding{}});
}

void check_fc(const LayerCheck& layer) {
  const ProgramTensor& input = layer.input();
  const ProgramTensor& weights = layer.weights();
  layer.expect_rank(weights, 2, "[outputs, inputs]");
  const TensorShape& matrix = weights.shape;
  const std::int64_t values = element_count(input.shape) / input.shape[0];
  if (matrix[1] != values) {
    layer.fail(
        fmt::format("weights '{}' of shape {} do not match input '{}' of {} values per "
                    "image",
                    weights.name, to_string(matrix), input.name, values));
  }
  layer.expect_vectors(layer.output(), matrix[0], "one value per row of the weights");
  layer.check_product(
      {.input = input, .weights = weights, .terms = matrix[1], .channel_axis = 0, .padded = false});
}

/// conv: N x M x E x F outputs of C / groups x R x S products; fc: N x M of C.
std::int64_t macs_of_product(const TensorShape& output, const std::vector<TensorShape>& weights) {
  const TensorShape& filters = weights.at(0);
  return element_count(output) * (element_count(filters) / filters.at(0));
}

}  // namespace turnpike::traces::ops
