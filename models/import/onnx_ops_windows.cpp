// Pools, Pad, and what convolutions share with them.

#include <algorithm>

#include <fmt/format.h>

#include "models/import/onnx_windows.hpp"
#include "models/lowering.hpp"

namespace turnpike::models::onnx {
namespace {

using traces::Op;

/// Two numbers of a list for both dimensions, or one for the last; `absent` if the list is empty.
std::array<std::int64_t, 2> rows_and_columns(OnnxImport& import, const Node& node,
                                             const std::string& name, std::size_t dimensions,
                                             std::int64_t absent, std::int64_t unused) {
  const std::vector<std::int64_t> given = import.attributes(node).integers(name);
  if (given.empty()) {
    return {dimensions == 2 ? absent : unused, absent};
  }
  if (given.size() != dimensions) {
    import.fail(node, fmt::format("its {} has {} numbers for {} dimensions", name, given.size(),
                                  dimensions));
  }
  return {dimensions == 2 ? given[0] : unused, given.back()};
}

/// auto_pad SAME_UPPER and SAME_LOWER, along one dimension.
std::array<std::int64_t, 2> same_pads(std::int64_t extent, std::int64_t kernel, std::int64_t stride,
                                      bool upper) {
  const std::int64_t outputs = (extent + stride - 1) / stride;
  const std::int64_t total = std::max<std::int64_t>((outputs - 1) * stride + kernel - extent, 0);
  const std::int64_t small = total / 2;
  return upper ? std::array{small, total - small} : std::array{total - small, small};
}

/// Zeros behind a pool's map that make room for the windows that ceil_mode adds.
std::int64_t ceil_pad(std::int64_t extent, std::int64_t pads, std::int64_t kernel,
                      std::int64_t stride, std::int64_t first_pad) {
  const std::int64_t room = extent + pads - kernel;
  if (room < 0) {
    return 0;
  }
  std::int64_t outputs = (room + stride - 1) / stride + 1;
  if ((outputs - 1) * stride >= extent + first_pad) {
    --outputs;  // a window that would start behind the map
  }
  return std::max<std::int64_t>((outputs - 1) * stride + kernel - extent - pads, 0);
}

bool is_image(const Value& value) {
  return value.shape.size() == 4 || value.shape.size() == 3;
}

void pool(OnnxImport& import, const Node& node, Op op) {
  const Value x = import.input(node);
  const Attributes attributes = import.attributes(node);
  if (!is_image(x)) {
    import.fail(node,
                fmt::format("pools an input of shape {}; one and two dimensions are supported",
                            to_string(x.shape)));
  }
  for (std::size_t i = 1; i < node.outputs.size(); ++i) {
    if (import.readers(node.outputs[i]) > 0) {
      import.fail(node, "its indices are read");
    }
  }
  Layer layer;
  layer.op = op;
  layer.inputs = {import.image(node, x)};
  const std::size_t dimensions = x.shape.size() - 2;
  set_window(import, node, x, rows_and_columns(import, node, "kernel_shape", dimensions, 0, 1),
             layer);
  const bool padded = layer.pad != traces::Padding{};
  if (op == Op::avgpool && padded && attributes.integer("count_include_pad", 0) == 0) {
    import.fail(node, "averages without the padding (count_include_pad 0), which is not supported");
  }
  if (op == Op::maxpool && x.pad && !is_non_negative(import.builder().network(), x.at)) {
    import.fail(node, "takes the largest of values and the zeros of a Pad");
  }
  const std::string name = import.add(std::move(layer), node);
  const Layer& made = import.builder().network().layer(name);
  TensorShape out{import.batch()};
  out.insert(out.end(), made.output_shape.begin(), made.output_shape.end());
  if (dimensions == 1) {
    out.erase(out.begin() + 2);
  }
  Value value{.shape = std::move(out), .constant = {}, .at = name, .grid = {}, .origin = {}};
  if (op == Op::maxpool) {
    value.codes = x.codes;
    value.grid = x.grid;
  } else if (x.codes) {
    import.fail(node, "averages integer codes");
  }
  import.define(node, std::move(value));
}

void max_pool(OnnxImport& import, const Node& node) {
  pool(import, node, Op::maxpool);
}

void average_pool(OnnxImport& import, const Node& node) {
  pool(import, node, Op::avgpool);
}

void whole_map(OnnxImport& import, const Node& node, Op op, bool keep) {
  const Value x = import.input(node);
  if (!is_image(x) || x.codes || x.pad) {
    import.fail(node, fmt::format("pools an input of shape {}", to_string(x.shape)));
  }
  Layer layer;
  layer.op = op;
  layer.inputs = {import.image(node, x)};
  const std::string name = import.add(std::move(layer), node);
  TensorShape out = x.shape;
  std::fill(out.begin() + 2, out.end(), 1);
  if (!keep) {
    out.resize(2);
  }
  import.define_layer(node, name, std::move(out));
}

void global_average(OnnxImport& import, const Node& node) {
  whole_map(import, node, Op::avgpool, true);
}

void global_max(OnnxImport& import, const Node& node) {
  whole_map(import, node, Op::maxpool, true);
}

/// Only the mean of whole maps.
void reduce_mean(OnnxImport& import, const Node& node) {
  const Attributes attributes = import.attributes(node);
  std::vector<std::int64_t> axes = attributes.integers("axes");
  for (const double axis : import.numbers(node, 1, "the axes")) {
    axes.push_back(static_cast<std::int64_t>(axis));
  }
  const TensorShape& shape = import.input(node).shape;
  const auto rank = static_cast<std::int64_t>(shape.size());
  for (std::int64_t& axis : axes) {
    axis += axis < 0 ? rank : 0;
  }
  std::sort(axes.begin(), axes.end());
  const bool maps = (rank == 4 && axes == std::vector<std::int64_t>{2, 3}) ||
                    (rank == 3 && axes == std::vector<std::int64_t>{2});
  if (!maps) {
    import.fail(
        node, fmt::format("averages {} along other axes than those of the map", to_string(shape)));
  }
  whole_map(import, node, Op::avgpool, attributes.integer("keepdims", 1) != 0);
}

void pad(OnnxImport& import, const Node& node) {
  const Value& x = import.input(node);
  const Attributes attributes = import.attributes(node);
  std::vector<std::int64_t> pads = attributes.integers("pads");
  for (const double each : import.numbers(node, 1, "pads")) {
    pads.push_back(static_cast<std::int64_t>(each));
  }
  const double value = import.number(node, 2, attributes.number("value", 0.0), "the padded value");
  if (node.has_input(3)) {
    import.fail(node, "states the axes it pads");
  }
  const std::size_t rank = x.shape.size();
  if (pads.size() != 2 * rank) {
    import.fail(
        node, fmt::format("has {} pads for an input of shape {}", pads.size(), to_string(x.shape)));
  }
  if (std::all_of(pads.begin(), pads.end(), [](std::int64_t each) { return each == 0; })) {
    import.define_view(node, x, x.shape);
    return;
  }
  if (attributes.text("mode", "constant") != "constant" || value != 0.0 || !is_image(x) ||
      pads[0] != 0 || pads[1] != 0 || pads[rank] != 0 || pads[rank + 1] != 0 || x.pad || x.codes) {
    import.fail(node, "pads with something else than zeros around the maps");
  }
  const auto side = [&](std::size_t i) { return narrow_integer(import, node, "pads", pads[i]); };
  traces::Padding around;
  around.left = side(rank - 1);
  around.right = side(2 * rank - 1);
  if (rank == 4) {
    around.top = side(2);
    around.bottom = side(6);
  }
  Value padded = x;
  padded.pad = around;
  import.define(node, std::move(padded));
}

}  // namespace

int narrow_integer(OnnxImport& import, const Node& node, std::string_view what,
                   std::int64_t value) {
  constexpr std::int64_t kMost = 1 << 20;
  if (value < 0 || value > kMost) {
    import.fail(node, fmt::format("its {} is {}, outside 0..{}", what, value, kMost));
  }
  return static_cast<int>(value);
}

void set_window(OnnxImport& import, const Node& node, const Value& value,
                const std::array<std::int64_t, 2>& kernel, Layer& layer) {
  const Attributes attributes = import.attributes(node);
  const std::size_t dimensions = value.shape.size() - 2;
  const auto strides = rows_and_columns(import, node, "strides", dimensions, 1, 1);
  const auto dilations = rows_and_columns(import, node, "dilations", dimensions, 1, 1);
  for (std::size_t d = 0; d < 2; ++d) {
    layer.kernel[d] = narrow_integer(import, node, "kernel", kernel[d]);
    layer.stride[d] = narrow_integer(import, node, "stride", strides[d]);
    if (dilations[d] != 1 && kernel[d] != 1) {
      import.fail(node, "is dilated, which is not supported");
    }
    if (kernel[d] < 1 || strides[d] < 1) {
      import.fail(node, "has a kernel or stride of 0");
    }
  }
  const auto stated = rows_and_columns(import, node, "kernel_shape", dimensions, 0, 1);
  if (stated[1] != 0 && stated != kernel) {
    import.fail(node, fmt::format("its kernel_shape is {}x{}, but its weights have {}x{}",
                                  stated[0], stated[1], kernel[0], kernel[1]));
  }
  const std::array<std::int64_t, 2> extent = {dimensions == 2 ? value.shape[2] : 1,
                                              value.shape.back()};
  std::array<std::array<std::int64_t, 2>, 2> pads = {};
  const std::string automatic = attributes.text("auto_pad", "NOTSET");
  if (automatic == "SAME_UPPER" || automatic == "SAME_LOWER") {
    for (std::size_t d = 0; d < 2; ++d) {
      pads[d] = same_pads(extent[d], kernel[d], strides[d], automatic == "SAME_UPPER");
    }
  } else if (automatic == "NOTSET") {
    const std::vector<std::int64_t> given = attributes.integers("pads");
    if (!given.empty() && given.size() != 2 * dimensions) {
      import.fail(node, fmt::format("has {} pads for {} dimensions", given.size(), dimensions));
    }
    for (std::size_t d = 0; !given.empty() && d < dimensions; ++d) {
      pads[2 - dimensions + d] = {given[d], given[dimensions + d]};
    }
  } else if (automatic != "VALID") {
    import.fail(node, fmt::format("its auto_pad is '{}'", automatic));
  }
  const traces::Padding before = value.pad.value_or(traces::Padding{});
  pads[0][0] += before.top;
  pads[0][1] += before.bottom;
  pads[1][0] += before.left;
  pads[1][1] += before.right;
  if (attributes.integer("ceil_mode", 0) != 0) {
    for (std::size_t d = 0; d < 2; ++d) {
      const std::int64_t more =
          ceil_pad(extent[d], pads[d][0] + pads[d][1], kernel[d], strides[d], pads[d][0]);
      if (more != 0 && layer.op != Op::maxpool) {
        import.fail(node, "averages windows that reach beyond the padding (ceil_mode)");
      }
      pads[d][1] += more;
    }
  }
  layer.pad = {.top = narrow_integer(import, node, "padding", pads[0][0]),
               .left = narrow_integer(import, node, "padding", pads[1][0]),
               .bottom = narrow_integer(import, node, "padding", pads[0][1]),
               .right = narrow_integer(import, node, "padding", pads[1][1])};
}

const std::vector<OnnxOperator>& window_operators() {
  static const std::vector<OnnxOperator> list = {{"", "MaxPool", 1, 22, max_pool},
                                                 {"", "AveragePool", 1, 22, average_pool},
                                                 {"", "GlobalAveragePool", 1, 22, global_average},
                                                 {"", "GlobalMaxPool", 1, 22, global_max},
                                                 {"", "ReduceMean", 1, 18, reduce_mean},
                                                 {"", "Pad", 2, 23, pad}};
  return list;
}

}  // namespace turnpike::models::onnx
