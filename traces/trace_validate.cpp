#include "traces/trace_validate.hpp"

#include <cmath>
#include <set>

#include <fmt/format.h>

#include "sim/base/text.hpp"

namespace turnpike::traces {
namespace {

/// Zero points beyond any code are of no use, and would not be exact in a 63-bit product.
constexpr double kMaxZeroPoint = 0x1.0p32;

[[noreturn]] void fail_tensor(const TensorEntry& tensor, const SourceSpot& spot,
                              std::string_view message) {
  throw FileError{spot, fmt::format("tensor '{}': {}", tensor.name, message)};
}

void check_scale(const TensorEntry& tensor, const SourceSpot& spot) {
  for (const double scale : tensor.scale) {
    if (!(scale > 0.0) || !std::isfinite(scale)) {
      fail_tensor(tensor, spot, fmt::format("scale {} is not a positive finite number", scale));
    }
  }
  if (!tensor.axis) {
    if (tensor.scale.size() != 1) {
      fail_tensor(tensor, spot, fmt::format("{} scales without an axis", tensor.scale.size()));
    }
    return;
  }
  const TensorShape& shape = tensor.data.shape();
  const auto axis = static_cast<std::size_t>(*tensor.axis);
  if (axis >= shape.size()) {
    fail_tensor(tensor, spot,
                fmt::format("axis {} of a tensor of shape {}", axis, to_string(shape)));
  }
  if (static_cast<std::int64_t>(tensor.scale.size()) != shape[axis]) {
    fail_tensor(tensor, spot,
                fmt::format("{} scales for axis {} of shape {}", tensor.scale.size(), axis,
                            to_string(shape)));
  }
}

void check_values(const TensorEntry& tensor, const SourceSpot& spot) {
  if (!tensor.data.is_floating()) {
    fail_tensor(tensor, spot, fmt::format("kind float, but stored as {}", tensor.data.type_name()));
  }
  for (std::int64_t i = 0; i < tensor.data.size(); ++i) {
    if (!std::isfinite(tensor.data.at(i))) {
      fail_tensor(tensor, spot,
                  fmt::format("value {} at index {} is not finite", tensor.data.at(i), i));
    }
  }
}

template <class T>
void check_codes(const TensorEntry& tensor, const std::vector<T>& codes, const SourceSpot& spot) {
  const std::int64_t low = tensor.min_code();
  const std::int64_t high = tensor.max_code();
  for (std::size_t i = 0; i < codes.size(); ++i) {
    const auto code = static_cast<std::int64_t>(codes[i]);  // NOLINT(bugprone-signed-char-misuse)
    if (code < low || code > high) {
      fail_tensor(tensor, spot,
                  fmt::format("code {} at index {} is outside {} bits ({}..{})", code, i,
                              tensor.bits, low, high));
    }
  }
}

using Names = std::vector<std::pair<std::string, std::string>>;  // role, tensor

Names read_by(const LayerEntry& layer) {
  Names names;
  for (const std::string& name : layer.weights) {
    names.emplace_back("weights", name);
  }
  for (const PostStep& step : layer.post) {
    if (!step.tensor.empty()) {
      names.emplace_back("post", step.tensor);
    }
  }
  if (layer.recurrent && !layer.recurrent->bias.empty()) {
    names.emplace_back("bias", layer.recurrent->bias);
  }
  return names;
}

Names written_by(const LayerEntry& layer) {
  Names names{{"output", layer.output}};
  if (layer.recurrent) {
    const Recurrent& cell = *layer.recurrent;
    for (const auto& [role, name] :
         Names{{"preact", cell.preact}, {"gates", cell.gates}, {"cell", cell.cell}}) {
      if (!name.empty()) {
        names.emplace_back(role, name);
      }
    }
  }
  return names;
}

std::vector<std::string> tensor_names(const Trace& trace) {
  std::vector<std::string> names;
  for (const TensorEntry& tensor : trace.tensors()) {
    names.push_back(tensor.name);
  }
  return names;
}

void require_known(const Trace& trace, const LayerEntry& layer, const Names& names,
                   const SourceSpot& spot) {
  for (const auto& [role, name] : names) {
    if (!trace.has_tensor(name)) {
      fail_layer(layer, spot,
                 fmt::format("{} names the unknown tensor '{}'{}", role, name,
                             suggestion(name, tensor_names(trace))));
    }
  }
}

}  // namespace

void fail_layer(const LayerEntry& layer, const SourceSpot& spot, std::string_view message) {
  throw FileError{spot, fmt::format("layer '{}': {}", layer.name, message)};
}

void validate_tensor(const TensorEntry& tensor, const SourceSpot& spot) {
  if (tensor.name.empty() || tensor.name == "__trace__") {
    fail_tensor(tensor, spot, "a tensor can't have this name");
  }
  if (tensor.bits < 1 || tensor.bits > 32) {
    fail_tensor(tensor, spot, fmt::format("{} bits, outside 1..32", tensor.bits));
  }
  if (tensor.data.shape().size() > 8 || tensor.data.empty()) {
    fail_tensor(tensor, spot,
                fmt::format("shape {}; expected 0 to 8 extents of at least 1",
                            to_string(tensor.data.shape())));
  }
  check_scale(tensor, spot);
  if (tensor.is_float()) {
    check_values(tensor, spot);
    return;
  }
  if (!(std::fabs(tensor.zero_point) <= kMaxZeroPoint)) {
    fail_tensor(tensor, spot, fmt::format("zero_point {} is beyond 2^32", tensor.zero_point));
  }
  if (tensor.data.is_floating()) {
    fail_tensor(tensor, spot,
                fmt::format("codes of {} bits are stored as {}; expected an integer type",
                            tensor.bits, tensor.data.type_name()));
  }
  tensor.data.visit([&](const auto& codes) { check_codes(tensor, codes, spot); });
}

void validate_graph(const Trace& trace, const SourceSpot& spot) {
  std::map<std::string, std::size_t> producer;
  for (std::size_t i = 0; i < trace.layers.size(); ++i) {
    const LayerEntry& layer = trace.layers[i];
    const Names written = written_by(layer);
    require_known(trace, layer, written, spot);
    for (const auto& [role, name] : written) {
      const auto [other, added] = producer.emplace(name, i);
      if (!added) {
        fail_layer(layer, spot,
                   fmt::format("{} '{}' is also written by layer '{}'", role, name,
                               trace.layers[other->second].name));
      }
    }
  }
  for (std::size_t i = 0; i < trace.layers.size(); ++i) {
    const LayerEntry& layer = trace.layers[i];
    Names inputs;
    for (const std::string& name : layer.inputs) {
      inputs.emplace_back("inputs", name);
    }
    const Names parameters = read_by(layer);
    require_known(trace, layer, inputs, spot);
    require_known(trace, layer, parameters, spot);
    for (const auto& [role, name] : inputs) {
      const auto found = producer.find(name);
      if (found != producer.end() && found->second >= i) {
        fail_layer(layer, spot,
                   fmt::format("input '{}' is used before layer '{}' produces it", name,
                               trace.layers[found->second].name));
      }
    }
    for (const auto& [role, name] : parameters) {
      const auto found = producer.find(name);
      if (found != producer.end()) {
        fail_layer(layer, spot,
                   fmt::format("{} '{}' is the output of layer '{}', not a constant", role, name,
                               trace.layers[found->second].name));
      }
    }
  }
}

void validate_trace(const Trace& trace, const SourceSpot& spot) {
  if (trace.layers.empty()) {
    throw FileError{spot, "the trace has no layers"};
  }
  if (trace.layout == "TC" && trace.batch != 1) {
    throw FileError{spot,
                    fmt::format("layout TC holds one sequence, but batch is {}", trace.batch)};
  }
  for (const TensorEntry& tensor : trace.tensors()) {
    validate_tensor(tensor, spot);
  }
  validate_graph(trace, spot);
  for (const LayerEntry& layer : trace.layers) {
    validate_layer(trace, layer, spot);
    validate_post(trace, layer, spot);
  }
}

}  // namespace turnpike::traces
