#include "models/shape_inference.hpp"

#include <fmt/format.h>

namespace turnpike::models {
namespace {

using Shapes = std::vector<TensorShape>;

std::string not_an_image(const TensorShape& shape) {
  return fmt::format("needs an input of [channels, rows, columns], got {}", to_string(shape));
}

/// Ofmap rows and columns of a window layer.
std::string infer_windows(Layer& layer, const TensorShape& in, std::int64_t channels) {
  const traces::Padding& pad = layer.pad;
  const auto [rows, columns] = layer.kernel;
  if (rows < 1 || columns < 1 || layer.stride[0] < 1 || layer.stride[1] < 1) {
    return fmt::format("kernel {}x{} and stride {}x{} must be at least 1", rows, columns,
                       layer.stride[0], layer.stride[1]);
  }
  if (pad.top < 0 || pad.left < 0 || pad.bottom < 0 || pad.right < 0 || pad.top >= rows ||
      pad.bottom >= rows || pad.left >= columns || pad.right >= columns) {
    return fmt::format("padding [{}, {}, {}, {}] must be 0 or more and less than the kernel {}x{}",
                       pad.top, pad.left, pad.bottom, pad.right, rows, columns);
  }
  const auto out_rows = window_count(in[1], pad.top + pad.bottom, rows, layer.stride[0]);
  const auto out_columns = window_count(in[2], pad.left + pad.right, columns, layer.stride[1]);
  if (!out_rows || !out_columns) {
    return fmt::format("kernel {}x{} is larger than the padded input {}x{}", rows, columns,
                       in[1] + pad.top + pad.bottom, in[2] + pad.left + pad.right);
  }
  layer.output_shape = {channels, *out_rows, *out_columns};
  return "";
}

std::string infer_conv(Layer& layer, const TensorShape& in) {
  if (in.size() != 3) {
    return not_an_image(in);
  }
  if (layer.filters < 1 || layer.groups < 1 || in[0] % layer.groups != 0 ||
      layer.filters % layer.groups != 0) {
    return fmt::format("{} input channels and {} filters do not divide into {} groups", in[0],
                       layer.filters, layer.groups);
  }
  return infer_windows(layer, in, layer.filters);
}

std::string infer_pool(Layer& layer, const TensorShape& in) {
  if (in.size() != 3) {
    return not_an_image(in);
  }
  if (layer.kernel[0] == 0 && layer.kernel[1] == 0) {
    if (layer.pad != traces::Padding{}) {
      return "a global pool has no padding";
    }
    layer.output_shape = {in[0], 1, 1};
    return "";
  }
  return infer_windows(layer, in, in[0]);
}

std::string infer_recurrent(Layer& layer, const TensorShape& in, std::int64_t batch) {
  if (in.size() != 2 || in[0] != layer.steps) {
    return fmt::format("needs an input of [steps = {}, features], got {}", layer.steps,
                       to_string(in));
  }
  if (batch != 1) {
    return fmt::format("a recurrent layer runs one sequence (batch 1), not {}", batch);
  }
  if (layer.filters < 1) {
    return "needs at least one hidden cell";
  }
  if (layer.gate_order.empty()) {
    layer.gate_order = layer.kind == LayerKind::lstm ? "i,f,g,o" : "r,z,n";
  }
  layer.output_shape = {layer.steps, layer.filters};
  return "";
}

std::string infer_add(Layer& layer, const Shapes& in) {
  if (in.size() != 2) {
    return fmt::format("adds two inputs, not {}", in.size());
  }
  layer.output_shape = in[0];
  if (layer.skip_stride == 1 && layer.channel_pad == 0) {
    return in[0] == in[1]
               ? ""
               : fmt::format("inputs differ: {} and {}", to_string(in[0]), to_string(in[1]));
  }
  if (in[0].size() != 3 || in[1].size() != 3 || layer.skip_stride < 1 || layer.channel_pad < 0) {
    return "a strided or padded skip needs two inputs of [channels, rows, columns]";
  }
  const std::int64_t more = in[0][0] - in[1][0];
  const auto subsampled = [&](std::int64_t extent) {
    return (extent + layer.skip_stride - 1) / layer.skip_stride;
  };
  if ((more != layer.channel_pad && more != 2L * layer.channel_pad) ||
      subsampled(in[1][1]) != in[0][1] || subsampled(in[1][2]) != in[0][2]) {
    return fmt::format("skip {} with stride {} and channel_pad {} does not become {}",
                       to_string(in[1]), layer.skip_stride, layer.channel_pad, to_string(in[0]));
  }
  return "";
}

std::string infer_concat(Layer& layer, const Shapes& in) {
  TensorShape out = in[0];
  for (std::size_t i = 1; i < in.size(); ++i) {
    TensorShape same = in[i];
    if (same.size() != out.size()) {
      return fmt::format("cannot join {} and {}", to_string(out), to_string(in[i]));
    }
    same[0] = out[0];
    if (same != out) {
      return fmt::format("cannot join {} and {} along the channels", to_string(out),
                         to_string(in[i]));
    }
    out[0] += in[i][0];
  }
  layer.output_shape = std::move(out);
  return "";
}

}  // namespace

std::optional<std::int64_t> window_count(std::int64_t input, std::int64_t pads, std::int64_t kernel,
                                         std::int64_t stride) {
  const std::int64_t room = input + pads - kernel;
  return room < 0 ? std::nullopt : std::optional{room / stride + 1};
}

std::string infer_shape(Layer& layer, const Shapes& inputs, std::int64_t batch) {
  const bool joins = layer.kind == LayerKind::add || layer.kind == LayerKind::mul ||
                     layer.kind == LayerKind::concat;
  if (!joins && inputs.size() != 1) {
    return fmt::format("{} takes one input, not {}", to_string(layer.kind), inputs.size());
  }
  switch (layer.kind) {
    case LayerKind::conv:
      return infer_conv(layer, inputs[0]);
    case LayerKind::fc:
      layer.output_shape = inputs[0].size() == 2 ? TensorShape{inputs[0][0], layer.filters}
                                                 : TensorShape{layer.filters};
      return layer.filters < 1 ? "needs at least one output" : "";
    case LayerKind::lstm:
    case LayerKind::gru:
      return infer_recurrent(layer, inputs[0], batch);
    case LayerKind::maxpool:
    case LayerKind::avgpool:
      return infer_pool(layer, inputs[0]);
    case LayerKind::add:
      return infer_add(layer, inputs);
    case LayerKind::mul:
      layer.output_shape = inputs[0];
      return inputs.size() == 2 && inputs[0] == inputs[1]
                 ? ""
                 : "multiplies two inputs of the same shape";
    case LayerKind::concat:
      return infer_concat(layer, inputs);
    case LayerKind::affine:
      layer.output_shape = inputs[0];
      return inputs[0].size() == 3 ? "" : not_an_image(inputs[0]);
  }
  return "is of no known kind";
}

}  // namespace turnpike::models
