// What only rearranges, joins or ends a network; and the operators that are computed on constants.

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "models/import/onnx_import.hpp"
#include "sim/base/printable.hpp"

namespace turnpike::models::onnx {
namespace {

void view(OnnxImport& import, const Node& node, const std::optional<TensorShape>& shape) {
  const Value x = import.input(node);
  if (!shape || x.pad) {
    import.fail(node, fmt::format("does not fit an input of shape {}", to_string(x.shape)));
  }
  import.define_view(node, x, *shape);
}

std::vector<std::int64_t> integers(OnnxImport& import, const Node& node, std::size_t input,
                                   const std::string& attribute) {
  std::vector<std::int64_t> out = import.attributes(node).integers(attribute);
  for (const double each : import.numbers(node, input, attribute)) {
    out.push_back(static_cast<std::int64_t>(each));
  }
  return out;
}

void identity(OnnxImport& import, const Node& node) {
  import.define_view(node, import.input(node), import.input(node).shape);
}

void dropout(OnnxImport& import, const Node& node) {
  if (node.has_input(2) && import.number(node, 2, 0.0, "training_mode") != 0.0) {
    import.fail(node, "drops values (training_mode)");
  }
  identity(import, node);
}

void cast(OnnxImport& import, const Node& node) {
  const std::int64_t to = import.attributes(node).integer("to", 0);
  if (to != 1 && to != 10 && to != 11 && to != 16) {
    import.fail(node, fmt::format("casts values of the network to the type {}", to));
  }
  identity(import, node);
}

void reshape(OnnxImport& import, const Node& node) {
  view(import, node,
       reshaped(import.input(node).shape, integers(import, node, 1, "shape"),
                import.attributes(node).integer("allowzero", 0) != 0));
}

void flatten(OnnxImport& import, const Node& node) {
  view(import, node,
       flattened(import.input(node).shape, import.attributes(node).integer("axis", 1)));
}

void squeeze(OnnxImport& import, const Node& node) {
  view(import, node, squeezed(import.input(node).shape, integers(import, node, 1, "axes")));
}

void unsqueeze(OnnxImport& import, const Node& node) {
  view(import, node, unsqueezed(import.input(node).shape, integers(import, node, 1, "axes")));
}

void transpose(OnnxImport& import, const Node& node) {
  const Value x = import.input(node);
  std::vector<std::int64_t> order = import.attributes(node).integers("perm");
  if (order.empty()) {
    order.resize(x.shape.size());
    std::iota(order.rbegin(), order.rend(), 0);
  }
  TensorShape shape;
  std::int64_t last = -1;
  bool same_order = order.size() == x.shape.size() && !x.pad;
  for (const std::int64_t axis : order) {
    if (!same_order || axis < 0 || axis >= static_cast<std::int64_t>(x.shape.size())) {
      import.fail(node,
                  fmt::format("its perm does not fit an input of shape {}", to_string(x.shape)));
    }
    const std::int64_t extent = x.shape[static_cast<std::size_t>(axis)];
    shape.push_back(extent);
    if (extent != 1) {
      same_order = same_order && (axis > last || same_order);
    }
  }
  bool moved = false;
  for (const std::int64_t axis : order) {
    if (x.shape[static_cast<std::size_t>(axis)] != 1) {
      moved = moved || axis < last;
      last = axis;
    }
  }
  const bool image_input = x.at == Network::kInput && !import.builder().has_network() &&
                           !x.shared && order == std::vector<std::int64_t>{0, 3, 1, 2};
  if (image_input) {
    import.builder().note(fmt::format("the input is given as {} instead of {}: '{}' is left out",
                                      to_string(shape), to_string(x.shape), printable(node.name)));
  } else if (moved) {
    import.fail(node,
                fmt::format("turns values of the network of shape {}; what changes their order "
                            "is not supported",
                            to_string(x.shape)));
  }
  import.define_view(node, x, shape);
}

void concat(OnnxImport& import, const Node& node) {
  const Value first = import.input(node);
  const auto axis = axis_of(import.attributes(node).integer("axis", 1), first.shape.size());
  if (!axis || first.shape.size() < 2 || *axis != import.channel_axis(first.shape) ||
      import.is_sequence_model()) {
    import.fail(node, "joins along another axis than the channels");
  }
  Layer layer;
  layer.op = traces::Op::concat;
  TensorShape shape = first.shape;
  shape[*axis] = 0;
  bool same_grid = first.codes;
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    const Value& value = import.input(node, i);
    layer.inputs.push_back(shape.size() == 2 ? import.vector(node, value)
                                             : import.image(node, value));
    if (value.codes != first.codes || value.pad) {
      import.fail(node, "joins codes and real values");
    }
    same_grid = same_grid && value.grid == first.grid;
    TensorShape same = value.shape;
    shape[*axis] += same.at(*axis);
    same[*axis] = shape[*axis];
    if (same != shape) {
      import.fail(node, "joins values of unequal extents");
    }
  }
  if (first.codes && !same_grid) {
    import.fail(node, "joins codes of different grids");
  }
  if (layer.inputs.size() == 1) {
    import.define_view(node, first, first.shape);
    return;
  }
  const std::string name = import.add(std::move(layer), node);
  import.define(node, {.shape = std::move(shape),
                       .constant = {},
                       .at = name,
                       .codes = first.codes,
                       .grid = first.grid,
                       .origin = {}});
}

/// The last step of a sequence, or the rows of an embedding.
void gather(OnnxImport& import, const Node& node) {
  const Value table = import.input(node, 0);
  const Value index = import.input(node, 1);
  if (table.constant && table.shape.size() == 2 &&
      import.attributes(node).integer("axis", 0) == 0 && index.at == Network::kInput &&
      !index.constant) {
    import.set_embedding(table.constant->data.converted<float>(), table.shape[1]);
    TensorShape shape = index.shape;
    shape.push_back(table.shape[1]);
    import.builder().note(fmt::format(
        "the embedding '{}' ({} rows of {}) is looked up outside the accelerator; the network's "
        "input are its rows",
        printable(node.name), table.shape[0], table.shape[1]));
    import.define_view(node, index, std::move(shape));
    return;
  }
  const auto axis = axis_of(import.attributes(node).integer("axis", 0), table.shape.size());
  const std::vector<double> at = import.numbers(node, 1, "the index");
  const bool steps = import.is_sequence_model() && axis && at.size() == 1 &&
                     (at[0] == -1.0 || at[0] == static_cast<double>(table.shape[*axis] - 1));
  if (!steps && !(axis && at.size() == 1 && table.shape[*axis] == 1)) {
    import.fail(node, "selects from values of the network");
  }
  TensorShape shape = table.shape;
  shape.erase(shape.begin() + static_cast<std::ptrdiff_t>(*axis));
  if (table.shape[*axis] != 1) {
    import.builder().note(
        fmt::format("'{}' takes the last step of a sequence; what follows is "
                    "computed at every step here",
                    printable(node.name)));
    shape = table.shape;
  }
  import.define_view(node, table, std::move(shape));
}

void slice(OnnxImport& import, const Node& node) {
  import.fail(node, "cuts values of the network apart, which is not supported");
}

/// Softmax and the like: outside the accelerator, at the end of a network.
void end(OnnxImport& import, const Node& node) {
  if (!import.is_last(node)) {
    import.fail(node, "is supported at the end of a network only, where it is left out");
  }
  import.builder().note(fmt::format("'{}' ({}) at the end is computed outside the accelerator",
                                    printable(node.name), printable(node.op)));
  import.define_view(node, import.input(node), import.input(node).shape);
}

}  // namespace

const std::vector<OnnxOperator>& shape_operators() {
  static const std::vector<OnnxOperator> list = {{"", "Identity", 1, 23, identity},
                                                 {"", "Dropout", 1, 22, dropout},
                                                 {"", "Cast", 6, 23, cast},
                                                 {"", "Reshape", 1, 23, reshape},
                                                 {"", "Flatten", 1, 23, flatten},
                                                 {"", "Squeeze", 1, 23, squeeze},
                                                 {"", "Unsqueeze", 1, 23, unsqueeze},
                                                 {"", "Transpose", 1, 23, transpose},
                                                 {"", "Concat", 4, 23, concat},
                                                 {"", "Gather", 1, 23, gather},
                                                 {"", "Slice", 1, 23, slice},
                                                 {"", "Softmax", 1, 23, end},
                                                 {"", "LogSoftmax", 1, 23, end},
                                                 {"", "Sigmoid", 6, 23, end},
                                                 {"", "ArgMax", 1, 23, end},
                                                 {"", "TopK", 1, 23, end},
                                                 // On constants only.
                                                 {"", "Constant", 1, 23},
                                                 {"", "ConstantOfShape", 9, 23},
                                                 {"", "Shape", 1, 23},
                                                 {"", "Expand", 8, 23},
                                                 {"", "Range", 11, 23},
                                                 {"", "Where", 9, 23},
                                                 {"", "Equal", 7, 23},
                                                 {"", "Pow", 7, 23},
                                                 {"", "Sqrt", 6, 23},
                                                 {"", "Reciprocal", 6, 23},
                                                 {"", "Abs", 6, 23},
                                                 {"", "Exp", 6, 23},
                                                 {"", "Log", 6, 23},
                                                 {"", "Floor", 6, 23},
                                                 {"", "Ceil", 6, 23},
                                                 {"", "Round", 11, 23},
                                                 {"", "Max", 8, 23},
                                                 {"", "Min", 8, 23},
                                                 {"", "ReduceProd", 1, 23}};
  return list;
}

}  // namespace turnpike::models::onnx
