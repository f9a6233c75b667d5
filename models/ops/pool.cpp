#include "models/ops/pool.hpp"

#include "models/shape_inference.hpp"

namespace turnpike::models {
namespace {

constexpr LayerKey kKernel{.key = "kernel",
                           .type = "integer or list",
                           .form = "[rows, columns]",
                           .absent = "the whole map",
                           .meaning = "window"};
constexpr LayerKey kStride{.key = "stride",
                           .type = "integer or list",
                           .form = "[rows, columns]",
                           .absent = "the kernel",
                           .meaning = "step of the window"};

constexpr std::array<int, 2> kWholeMap = {0, 0};

void set_whole_map(PoolShape& shape) {
  if (shape.kernel == kWholeMap) {
    ensure(shape.input.size() == 4, "a pool reads [N, C, rows, columns]");
    shape.kernel = {static_cast<int>(shape.input[2]), static_cast<int>(shape.input[3])};
    shape.stride = {1, 1};
  }
}

}  // namespace

constexpr std::array<LayerKey, 3> kPoolKeys = {kKernel, kStride, kPad};

PoolShape pool_shape(const FloatOperands& operands) {
  const Layer& layer = operands.layer;
  PoolShape shape{.input = operands.inputs.at(0).shape,
                  .output = operands.output_shape,
                  .kernel = layer.kernel,
                  .stride = layer.stride,
                  .pad = layer.pad};
  set_whole_map(shape);
  return shape;
}

PoolShape pool_shape(const LayerOperands& operands) {
  const traces::LayerEntry& layer = operands.entry();
  PoolShape shape{.input = operands.input().data.shape(),
                  .output = {},
                  .kernel = layer.kernel,
                  .stride = layer.stride,
                  .pad = layer.pad};
  ensure(shape.input.size() == 4, "a pool reads [N, C, rows, columns]");
  set_whole_map(shape);
  const auto rows = window_count(shape.input[2], shape.pad.top + shape.pad.bottom, shape.kernel[0],
                                 shape.stride[0]);
  const auto columns = window_count(shape.input[3], shape.pad.left + shape.pad.right,
                                    shape.kernel[1], shape.stride[1]);
  ensure(rows && columns, "a pool's window fits its padded input");
  shape.output = {shape.input[0], shape.input[1], rows.value_or(0), columns.value_or(0)};
  return shape;
}

void read_pool(LayerReader& keys, Layer& layer) {
  layer.kernel = keys.rows_and_columns_or(kKernel, kWholeMap);
  layer.stride = keys.rows_and_columns_or(
      kStride, layer.kernel == kWholeMap ? std::array<int, 2>{1, 1} : layer.kernel);
  layer.pad = keys.padding(kPad);
}

std::string infer_pool(Layer& layer, const std::vector<TensorShape>& inputs, std::int64_t) {
  const TensorShape& in = inputs[0];
  if (in.size() != 3) {
    return not_an_image(in);
  }
  if (layer.kernel == kWholeMap) {
    if (layer.pad != traces::Padding{}) {
      return "a global pool has no padding";
    }
    layer.output_shape = {in[0], 1, 1};
    return "";
  }
  return infer_windows(layer, in, in[0]);
}

void lower_pool(GraphBuilder& graph, const Layer& layer, traces::LayerEntry entry) {
  entry.kernel = layer.kernel;
  graph.add_output(layer, std::move(entry));
}

}  // namespace turnpike::models
