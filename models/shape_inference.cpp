#include "models/shape_inference.hpp"

#include <fmt/format.h>

#include "models/ops/ops.hpp"

namespace turnpike::models {

std::string not_an_image(const TensorShape& shape) {
  return fmt::format("needs an input of [channels, rows, columns], got {}", to_string(shape));
}

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

std::optional<std::int64_t> window_count(std::int64_t input, std::int64_t pads, std::int64_t kernel,
                                         std::int64_t stride) {
  const std::int64_t room = input + pads - kernel;
  return room < 0 ? std::nullopt : std::optional{room / stride + 1};
}

std::string infer_shape(Layer& layer, const std::vector<TensorShape>& inputs, std::int64_t batch) {
  const traces::OpFormat& format = traces::format_of(layer.op);
  const Operation& known = operation(layer.op);
  if (known.infer_shape == nullptr) {
    return fmt::format("is of op {}, which no network has", format.name);
  }
  // A recurrent layer's second input is its own output.
  const bool joins = format.weights == 0 && format.most_inputs > 1;
  if (!joins && inputs.size() != 1) {
    return fmt::format("{} takes one input, not {}", format.name, inputs.size());
  }
  return known.infer_shape(layer, inputs, batch);
}

}  // namespace turnpike::models
