#include "models/import/onnx_import.hpp"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "models/synthetic.hpp"
#include "sim/base/printable.hpp"
#include "sim/base/random.hpp"
#include "sim/base/text.hpp"

namespace turnpike::models::onnx {
namespace {

std::string shown(const Node& node) {
  return fmt::format("'{}' ({}{}{})", printable(node.name), node.domain,
                     node.domain.empty() ? "" : ".", printable(node.op));
}

const OnnxOperator* find(const Node& node, std::int64_t opset) {
  const OnnxOperator* near = nullptr;
  for (const OnnxOperator& each : all_operators()) {
    if (each.name == node.op && each.domain == node.domain) {
      near = &each;
      if (opset >= each.first && opset <= each.last) {
        return &each;
      }
    }
  }
  return near;
}

/// "features.0" of "features.0.weight"; the modules of "/layer1/layer1.0/conv1/Conv".
std::string layer_name(const Node& node, const std::string& origin) {
  for (const std::string_view suffix :
       {".weight", ".weight_quantized", "_weight", ".W", "/kernel"}) {
    if (origin.size() > suffix.size() && origin.ends_with(suffix)) {
      return origin.substr(0, origin.size() - suffix.size());
    }
  }
  std::string name = node.name;
  const std::size_t first = name.find_first_not_of('/');
  name = first == std::string::npos ? "" : name.substr(first);
  const std::size_t last = name.rfind('/');
  if (last != std::string::npos && name.substr(last + 1).starts_with(node.op)) {
    const bool numbered = name.substr(last + 1).size() > node.op.size();
    name = numbered ? name : name.substr(0, last);
  }
  std::replace(name.begin(), name.end(), '/', '.');
  return name;
}

}  // namespace

const std::vector<OnnxOperator>& all_operators() {
  static const std::vector<OnnxOperator> all = [] {
    std::vector<OnnxOperator> list;
    for (const auto* part :
         {&product_operators(), &elementwise_operators(), &window_operators(), &shape_operators(),
          &recurrent_operators(), &quantizer_operators(), &qlinear_operators()}) {
      list.insert(list.end(), part->begin(), part->end());
    }
    return list;
  }();
  return all;
}

OnnxImport::OnnxImport(Model model, const ImportOptions& options)
    : model_{std::move(model)},
      options_{options},
      builder_{model_.path, std::filesystem::path{model_.path}.stem().string()},
      outputs_{model_.outputs.begin(), model_.outputs.end()} {
  for (const Node& node : model_.nodes) {
    for (const std::string& input : node.inputs) {
      ++readers_[input];
    }
    recurrent_ = recurrent_ || node.op == "LSTM" || node.op == "GRU" || node.op == "RNN";
  }
}

void OnnxImport::fail(const Node& node, std::string_view what) const {
  builder_.fail(shown(node), what);
}

std::int64_t OnnxImport::opset(const Node& node) const {
  const auto found = model_.opsets.find(node.domain);
  return found == model_.opsets.end() ? 1 : found->second;
}

void OnnxImport::read_inputs() {
  std::vector<std::string> data;
  for (const ValueInfo& info : model_.inputs) {
    if (readers_[info.name] == 0) {
      continue;
    }
    Value value{
        .shape = {}, .constant = {}, .at = std::string{Network::kInput}, .grid = {}, .origin = {}};
    for (std::size_t i = 0; i < info.shape.size(); ++i) {
      // The first extent of an image's input that is open is its batch; of a sequence's the same.
      value.shape.push_back(info.shape[i].value_or(i < 2 && (i == 0 || recurrent_) ? 1 : -1));
      if (!info.shape[i] && recurrent_ && i < 2 && data.empty()) {
        builder_.note("the input leaves the number of steps or sequences open; 1 is run");
      }
    }
    if (!data.empty()) {
      value.at = kOtherInput;
    }
    value.shared = readers_[info.name] > 1 || outputs_.contains(info.name);
    values_[info.name] = std::move(value);
    data.push_back(info.name);
  }
  if (data.empty()) {
    builder_.fail("", "has no input");
  }
  const std::string& first = data.front();
  Value& value = values_[first];
  if (!value.shape.empty() && !recurrent_) {
    batch_ = options_.batch.value_or(value.shape.size() == 1 ? 1 : value.shape[0]);
    if (value.shape.size() > 1) {
      value.shape[0] = batch_;
    }
  }
  for (const std::int64_t extent : value.shape) {
    if (extent < 1) {
      builder_.fail("", fmt::format("its input '{}' leaves an extent open beyond the batch; export "
                                    "it with fixed extents",
                                    printable(first)));
    }
  }
}

ImportedNetwork OnnxImport::run() && {
  read_inputs();
  for (const auto& [name, constant] : model_.constants) {
    Value value{
        .shape = constant.data.shape(), .constant = constant, .at = {}, .grid = {}, .origin = name};
    values_[name] = std::move(value);
  }
  model_.constants.clear();
  for (const Node& node : model_.nodes) {
    take(node);
  }
  if (!embedding_.empty() && builder_.has_network()) {
    Network& network = builder_.network();
    Random random{tensor_seed(options_.seed, "input")};
    const std::int64_t rows = static_cast<std::int64_t>(embedding_.size()) / embedding_width_;
    std::vector<float> input;
    while (static_cast<std::int64_t>(input.size()) < element_count(network.input_shape())) {
      const auto row = embedding_.begin() + random.integer(0, rows - 1) * embedding_width_;
      input.insert(input.end(), row, row + embedding_width_);
    }
    if (static_cast<std::int64_t>(input.size()) ==
        network.batch() * element_count(network.input_shape())) {
      network.set_input(std::move(input));
    }
  }
  return std::move(builder_).finish(options_.seed);
}

void OnnxImport::take(const Node& node) {
  const OnnxOperator* known = find(node, opset(node));
  if (known == nullptr) {
    std::vector<std::string> names;
    for (const OnnxOperator& each : all_operators()) {
      names.emplace_back(each.name);
    }
    fail(node, fmt::format("operator {} is not supported{} (docs/importing.md has the list)",
                           printable(node.op), suggestion(node.op, names)));
  }
  const std::int64_t version = opset(node);
  if (version < known->first || version > known->last) {
    fail(node, fmt::format("operator set {} of {}; {} is read from {} to {}", version,
                           node.domain.empty() ? "ai.onnx" : printable(node.domain),
                           printable(node.op), known->first, known->last));
  }
  if (node.outputs.empty()) {
    fail(node, "makes nothing");
  }
  if (fold(node)) {
    return;
  }
  if (known->handle == nullptr) {
    fail(node,
         fmt::format("{} is supported where its inputs are constants; here '{}' depends on the "
                     "network's input",
                     printable(node.op), printable(node.inputs.empty() ? "" : node.inputs[0])));
  }
  known->handle(*this, node);
}

bool OnnxImport::fold(const Node& node) {
  const bool of_shape = node.op == "Shape" && node.domain.empty() && node.has_input(0);
  std::vector<const Constant*> constants;
  std::string origin;
  std::optional<StatedGrid> grid;
  std::size_t axis = 0;
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    if (!node.has_input(i)) {
      constants.push_back(nullptr);
      continue;
    }
    const Value& value = input(node, i);
    if (of_shape) {
      const auto rank = static_cast<std::int64_t>(value.shape.size());
      const auto bound = [&](std::int64_t at) {
        return std::clamp<std::int64_t>(at < 0 ? at + rank : at, 0, rank);
      };
      const std::int64_t first = bound(attributes(node).integer("start", 0));
      const std::int64_t last = std::max(first, bound(attributes(node).integer("end", rank)));
      std::vector<std::int64_t> extents{value.shape.begin() + first, value.shape.begin() + last};
      Constant result{Tensor{{last - first}, std::move(extents)}};
      define(node, {.shape = {last - first},
                    .constant = std::move(result),
                    .at = {},
                    .grid = {},
                    .origin = {}});
      return true;
    }
    if (!value.constant) {
      return false;
    }
    constants.push_back(&*value.constant);
    if (i == 0) {
      origin = value.origin;
      grid = value.grid;
      axis = value.grid_axis;
    }
  }
  if (auto quantized = quantized_constant(*this, node)) {
    define(node, std::move(*quantized));
    return true;
  }
  std::optional<Constant> result = folded(node, opset(node), constants, model_.path);
  if (!result) {
    return false;
  }
  Value value{.shape = result->data.shape(),
              .constant = std::move(result),
              .at = {},
              .grid = {},
              .origin = origin};
  // A grid survives what only rearranges.
  if (grid && node.op == "Transpose") {
    std::vector<std::int64_t> order = attributes(node).integers("perm");
    const auto rank = static_cast<std::int64_t>(value.shape.size());
    for (std::int64_t i = 0; order.empty() && i < rank; ++i) {
      axis = static_cast<std::size_t>(rank - 1) - axis;
      break;
    }
    const auto moved = std::find(order.begin(), order.end(), static_cast<std::int64_t>(axis));
    value.grid_axis = moved == order.end() ? axis : static_cast<std::size_t>(moved - order.begin());
    value.grid = grid;
  } else if (grid &&
             (node.op == "Identity" ||
              (grid->scale.size() == 1 && (node.op == "Reshape" || node.op == "Squeeze" ||
                                           node.op == "Unsqueeze" || node.op == "Flatten")))) {
    value.grid_axis = axis;
    value.grid = grid;
  }
  define(node, std::move(value));
  return true;
}

const Value& OnnxImport::input(const Node& node, std::size_t i) const {
  if (!node.has_input(i)) {
    fail(node, fmt::format("lacks its input {}", i));
  }
  const auto found = values_.find(node.inputs[i]);
  if (found == values_.end()) {
    fail(node, fmt::format("its input '{}' is not computed (an output of that kind is not read)",
                           printable(node.inputs[i])));
  }
  if (found->second.at == kOtherInput && !found->second.constant && node.op != "LSTM" &&
      node.op != "GRU") {
    fail(node,
         fmt::format("reads '{}', a second input; one is supported", printable(node.inputs[i])));
  }
  return found->second;
}

const Constant& OnnxImport::constant(const Node& node, std::size_t i, std::string_view what) const {
  const Value& value = input(node, i);
  if (!value.constant) {
    fail(node, fmt::format("{} ('{}') must be a constant", what, printable(node.inputs[i])));
  }
  return *value.constant;
}

std::vector<double> OnnxImport::numbers(const Node& node, std::size_t i,
                                        std::string_view what) const {
  return node.has_input(i) ? constant(node, i, what).data.converted<double>()
                           : std::vector<double>{};
}

double OnnxImport::number(const Node& node, std::size_t i, double absent,
                          std::string_view what) const {
  const std::vector<double> all = numbers(node, i, what);
  if (all.size() > 1) {
    fail(node, fmt::format("{} has {} values, not one", what, all.size()));
  }
  return all.empty() ? absent : all[0];
}

void OnnxImport::define(const Node& node, Value value, std::size_t output) {
  if (output >= node.outputs.size() || node.outputs[output].empty()) {
    return;
  }
  const std::string& name = node.outputs[output];
  value.shared = value.shared || readers(name) > 1;
  values_[name] = std::move(value);
}

void OnnxImport::define_view(const Node& node, const Value& of, TensorShape shape) {
  Value value = of;
  value.shape = std::move(shape);
  define(node, std::move(value));
}

void OnnxImport::define_layer(const Node& node, const std::string& layer, TensorShape shape) {
  define(node, {.shape = std::move(shape), .constant = {}, .at = layer, .grid = {}, .origin = {}});
}

int OnnxImport::readers(const std::string& value) const {
  const auto found = readers_.find(value);
  return (found == readers_.end() ? 0 : found->second) + (outputs_.contains(value) ? 1 : 0);
}

bool OnnxImport::is_last(const Node& node) const {
  return std::all_of(node.outputs.begin(), node.outputs.end(), [this](const std::string& output) {
    return readers(output) == (outputs_.contains(output) ? 1 : 0);
  });
}

std::string OnnxImport::add(Layer layer, const Node& node, const std::string& origin) {
  return builder_.add(std::move(layer), layer_name(node, origin), shown(node));
}

Layer* OnnxImport::open_layer(const Value& value) {
  if (value.shared || value.codes || value.constant || value.pad || value.at == Network::kInput) {
    return nullptr;
  }
  Layer& layer = builder_.network().layer(value.at);
  return layer.op == traces::Op::quantize || layer.is_recurrent() ? nullptr : &layer;
}

std::string OnnxImport::step_layer(const Node& node, const Value& value, bool needs_linear) {
  const Layer* open = open_layer(value);
  const bool ends = open != nullptr && (open->relu || open->clip || !open->thresholds.empty());
  if (open != nullptr && !(needs_linear && ends)) {
    return open->name;
  }
  Layer layer;
  layer.op = traces::Op::affine;
  layer.inputs = {any(node, value)};
  return add(std::move(layer), node);
}

void OnnxImport::set_embedding(std::vector<float> rows, std::int64_t width) {
  embedding_ = std::move(rows);
  embedding_width_ = width;
}

}  // namespace turnpike::models::onnx
