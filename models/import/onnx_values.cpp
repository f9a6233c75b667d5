// Values of an ONNX model as the network has them: images, vectors, sequences.

#include <algorithm>

#include <fmt/format.h>

#include "models/import/onnx_import.hpp"

namespace turnpike::models::onnx {
namespace {

/// [N, C, L] is an image of one row.
TensorShape image_of(const TensorShape& shape) {
  return shape.size() == 3 ? TensorShape{shape[1], 1, shape[2]}
                           : TensorShape{shape.begin() + 1, shape.end()};
}

}  // namespace

std::string OnnxImport::image(const Node& node, const Value& value) {
  if (value.constant) {
    fail(node, "reads a constant where a value of the network is expected");
  }
  if ((value.shape.size() != 4 && value.shape.size() != 3) || value.shape[0] != batch_) {
    fail(node,
         fmt::format("reads {} of shape {}; images are [batch {}, channels, rows, columns] or "
                     "[batch, channels, length]",
                     value.at, to_string(value.shape), batch_));
  }
  const TensorShape wanted = image_of(value.shape);
  if (value.at == Network::kInput) {
    builder_.set_input(wanted, batch_, node.name);
  } else if (builder_.network().shape_of(value.at) != wanted) {
    fail(node, fmt::format("reads the output of '{}', {}, as {}: its values would be in another "
                           "order",
                           value.at, to_string(builder_.network().shape_of(value.at)),
                           to_string(wanted)));
  }
  return value.at;
}

std::string OnnxImport::vector(const Node& node, const Value& value) {
  if (value.constant) {
    fail(node, "reads a constant where a value of the network is expected");
  }
  if (value.pad) {
    fail(node, "reads what a Pad makes; zeros stand before convolutions and pools only");
  }
  const TensorShape& shape = value.shape;
  const std::int64_t count = element_count(shape);
  const std::int64_t rows = shape.size() == 1 ? 1 : shape.empty() ? 1 : shape[0];
  if (rows != batch_ || shape.empty() ||
      (shape.size() > 2 && count != batch_ * shape.back() && count != batch_ * shape[1])) {
    fail(node,
         fmt::format("reads {} of shape {}; a fully connected layer reads [batch {}, features]",
                     value.at, to_string(shape), batch_));
  }
  if (value.at == Network::kInput) {
    if (!builder_.has_network()) {
      builder_.set_input({count / batch_}, batch_, node.name);
    }
  }
  if (element_count(builder_.network().shape_of(value.at)) != count / batch_) {
    fail(node, fmt::format("reads {} values of '{}', which has {}", count / batch_, value.at,
                           to_string(builder_.network().shape_of(value.at))));
  }
  return value.at;
}

std::string OnnxImport::sequence(const Node& node, const Value& value) {
  if (value.constant) {
    fail(node, "reads a constant where a value of the network is expected");
  }
  TensorShape wanted = value.shape;
  if (wanted.size() > 2) {  // [steps, 1, features], [1, steps, features], [steps, 1, 1, features]
    const std::int64_t features = wanted.back();
    wanted = {element_count(wanted) / std::max<std::int64_t>(features, 1), features};
    const auto longer = std::count_if(value.shape.begin(), value.shape.end() - 1,
                                      [](std::int64_t extent) { return extent != 1; });
    if (longer > 1) {
      fail(node, fmt::format("reads a sequence of shape {}; one sequence at a time is run",
                             to_string(value.shape)));
    }
  }
  if (wanted.size() != 2) {
    fail(node, fmt::format("reads a sequence of shape {}", to_string(value.shape)));
  }
  if (value.at == Network::kInput) {
    builder_.set_input(wanted, 1, node.name);
  } else if (builder_.network().shape_of(value.at) != wanted) {
    fail(node, fmt::format("reads the output of '{}', {}, as {}", value.at,
                           to_string(builder_.network().shape_of(value.at)), to_string(wanted)));
  }
  return value.at;
}

std::string OnnxImport::any(const Node& node, const Value& value) {
  if (value.pad) {
    fail(node, "reads what a Pad makes; zeros stand before convolutions and pools only");
  }
  if (recurrent_) {
    return sequence(node, value);
  }
  if (value.at == Network::kInput && !builder_.has_network()) {
    return value.shape.size() >= 3 ? image(node, value) : vector(node, value);
  }
  if (!value.constant &&
      element_count(value.shape) / batch_ == element_count(builder_.network().shape_of(value.at))) {
    return value.at;
  }
  return image(node, value);
}

std::size_t OnnxImport::channel_axis(const TensorShape& shape) const {
  return recurrent_ || shape.size() < 2 ? std::max<std::size_t>(shape.size(), 1) - 1 : 1;
}

std::optional<std::vector<double>> OnnxImport::per_channel(const TensorShape& shape,
                                                           const Constant& constant) const {
  std::vector<double> values = constant.data.converted<double>();
  if (values.size() == 1) {
    return values;
  }
  const TensorShape& from = constant.data.shape();
  const std::size_t axis = channel_axis(shape);
  if (from.size() > shape.size()) {
    return std::nullopt;
  }
  for (std::size_t i = 0; i < from.size(); ++i) {
    const std::size_t at = shape.size() - from.size() + i;
    if (from[i] != 1 && (at != axis || from[i] != shape[at])) {
      return std::nullopt;
    }
  }
  return values;
}

}  // namespace turnpike::models::onnx
