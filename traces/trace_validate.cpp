#include "traces/trace_validate.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <type_traits>
#include <utility>

#include <fmt/format.h>

#include "sim/base/text.hpp"

namespace turnpike::traces {
namespace {

/// Zero points beyond any code are of no use, and would not be exact in a 63-bit product.
constexpr double kMaxZeroPoint = 0x1.0p32;

[[noreturn]] void fail_tensor(const TensorDeclaration& tensor, const SourceSpot& spot,
                              std::string_view message) {
  throw FileError{spot, fmt::format("tensor '{}': {}", tensor.name, message)};
}

void check_scale(const TensorDeclaration& tensor, const TensorShape& shape,
                 const SourceSpot& spot) {
  for (const double scale : tensor.scale) {
    if (!(scale > 0.0) || !std::isfinite(scale)) {
      fail_tensor(tensor, spot, fmt::format("scale {} is not a positive finite number", scale));
    }
    if (scale < kMinScale || scale > kMaxScale) {
      fail_tensor(tensor, spot,
                  fmt::format("scale {} is outside {:.3g}..{:.3g} (2^-126..2^127): its products "
                              "with codes and other scales would overflow or lose digits",
                              scale, kMinScale, kMaxScale));
    }
  }
  if (!tensor.axis) {
    if (tensor.scale.size() != 1) {
      fail_tensor(tensor, spot, fmt::format("{} scales without an axis", tensor.scale.size()));
    }
    return;
  }
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

template <class T>
void check_values(const TensorDeclaration& tensor, const std::vector<T>& values, std::int64_t first,
                  const SourceSpot& spot) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i])) {
      fail_tensor(tensor, spot,
                  fmt::format("value {} at index {} is not finite", static_cast<double>(values[i]),
                              first + static_cast<std::int64_t>(i)));
    }
  }
}

template <class T>
void check_codes(const TensorDeclaration& tensor, const std::vector<T>& codes, std::int64_t first,
                 const SourceSpot& spot) {
  const std::int64_t low = tensor.min_code();
  const std::int64_t high = tensor.max_code();
  using Limits = std::numeric_limits<T>;
  const T least = std::cmp_less(low, Limits::min()) ? Limits::min() : static_cast<T>(low);
  const T most = std::cmp_greater(high, Limits::max()) ? Limits::max() : static_cast<T>(high);
  bool bad = false;  // without a branch: nearly always there is none
  for (const T code : codes) {
    bad |= code < least || code > most;
  }
  if (!bad) {
    return;
  }
  const auto found =
      std::find_if(codes.begin(), codes.end(), [=](T code) { return code < least || code > most; });
  fail_tensor(tensor, spot,
              fmt::format("code {} at index {} is outside {} bits ({}..{})",
                          static_cast<std::int64_t>(*found),
                          first + static_cast<std::int64_t>(found - codes.begin()), tensor.bits,
                          low, high));
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
  if (layer.recurrent && !layer.recurrent->recurrent_bias.empty()) {
    names.emplace_back("recurrent_bias", layer.recurrent->recurrent_bias);
  }
  if (layer.requantize && !layer.requantize->bias.empty()) {
    names.emplace_back("requantize", layer.requantize->bias);
  }
  return names;
}

Names written_by(const LayerEntry& layer) {
  Names names{{"output", layer.output}};
  if (layer.recurrent) {
    const Recurrent& cell = *layer.recurrent;
    for (const auto& [role, name] : Names{{"preact", cell.preact},
                                          {"gates", cell.gates},
                                          {"candidate", cell.candidate},
                                          {"cell", cell.cell},
                                          {"cell_tanh", cell.cell_tanh}}) {
      if (!name.empty()) {
        names.emplace_back(role, name);
      }
    }
  }
  return names;
}

std::vector<std::string> tensor_names(const Program& program) {
  std::vector<std::string> names;
  for (const ProgramTensor& tensor : program.tensors()) {
    names.push_back(tensor.name);
  }
  return names;
}

void require_known(const Program& program, const LayerEntry& layer, const Names& names,
                   const SourceSpot& spot) {
  for (const auto& [role, name] : names) {
    if (!program.has_tensor(name)) {
      fail_layer(layer, spot,
                 fmt::format("{} names the unknown tensor '{}'{}", role, name,
                             suggestion(name, tensor_names(program))));
    }
  }
}

}  // namespace

void fail_layer(const LayerEntry& layer, const SourceSpot& spot, std::string_view message) {
  throw FileError{spot, fmt::format("layer '{}': {}", layer.name, message)};
}

void validate_outline(const TensorDeclaration& tensor, const Outline& outline,
                      const SourceSpot& spot) {
  if (tensor.name.empty() || tensor.name == "__trace__") {
    fail_tensor(tensor, spot, "a tensor can't have this name");
  }
  if (tensor.bits < 1 || tensor.bits > 32) {
    fail_tensor(tensor, spot, fmt::format("{} bits, outside 1..32", tensor.bits));
  }
  if (outline.shape.size() > 8 || element_count(outline.shape) == 0) {
    fail_tensor(
        tensor, spot,
        fmt::format("shape {}; expected 0 to 8 extents of at least 1", to_string(outline.shape)));
  }
  check_scale(tensor, outline.shape, spot);
  if (tensor.is_float()) {
    if (tensor.bits != kFloatBits || tensor.scale != std::vector{1.0} || tensor.axis ||
        tensor.zero_point != 0.0) {
      fail_tensor(tensor, spot,
                  "kind float holds real values: bits 32, scale 1 and zero_point 0 are all it can "
                  "have");
    }
    if (!outline.floating) {
      fail_tensor(tensor, spot, fmt::format("kind float, but stored as {}", outline.type));
    }
    return;
  }
  if (tensor.kind == TensorKind::midrise && tensor.zero_point != -0.5) {
    fail_tensor(tensor, spot,
                fmt::format("kind midrise has zero_point -0.5, not {}", tensor.zero_point));
  }
  if (!(std::fabs(tensor.zero_point) <= kMaxZeroPoint)) {
    fail_tensor(tensor, spot, fmt::format("zero_point {} is beyond 2^32", tensor.zero_point));
  }
  if (outline.floating) {
    fail_tensor(tensor, spot,
                fmt::format("codes of {} bits are stored as {}; expected an integer type",
                            tensor.bits, outline.type));
  }
}

void validate_piece(const TensorDeclaration& tensor, const Tensor& piece, std::int64_t first,
                    const SourceSpot& spot) {
  piece.visit([&](const auto& elements) {
    using T = typename std::decay_t<decltype(elements)>::value_type;
    if constexpr (std::is_floating_point_v<T>) {
      check_values(tensor, elements, first, spot);
    } else {
      check_codes(tensor, elements, first, spot);
    }
  });
}

void validate_tensor(const TensorEntry& tensor, const SourceSpot& spot) {
  validate_outline(
      tensor,
      {tensor.data.shape(), tensor.data.is_floating(), std::string{tensor.data.type_name()}}, spot);
  validate_piece(tensor, tensor.data, 0, spot);
}

void validate_graph(const Program& program, const SourceSpot& spot) {
  std::map<std::string, std::size_t> producer;
  for (std::size_t i = 0; i < program.layers.size(); ++i) {
    const LayerEntry& layer = program.layers[i];
    const Names written = written_by(layer);
    require_known(program, layer, written, spot);
    for (const auto& [role, name] : written) {
      const auto [other, added] = producer.emplace(name, i);
      if (!added) {
        fail_layer(layer, spot,
                   fmt::format("{} '{}' is also written by layer '{}'", role, name,
                               program.layers[other->second].name));
      }
    }
  }
  for (std::size_t i = 0; i < program.layers.size(); ++i) {
    const LayerEntry& layer = program.layers[i];
    Names inputs;
    for (const std::string& name : layer.inputs) {
      inputs.emplace_back("inputs", name);
    }
    const Names parameters = read_by(layer);
    require_known(program, layer, inputs, spot);
    require_known(program, layer, parameters, spot);
    for (const auto& [role, name] : inputs) {
      const auto found = producer.find(name);
      if (found != producer.end() && found->second >= i) {
        fail_layer(layer, spot,
                   fmt::format("input '{}' is used before layer '{}' produces it", name,
                               program.layers[found->second].name));
      }
    }
    for (const auto& [role, name] : parameters) {
      const auto found = producer.find(name);
      if (found != producer.end()) {
        fail_layer(layer, spot,
                   fmt::format("{} '{}' is the output of layer '{}', not a constant", role, name,
                               program.layers[found->second].name));
      }
    }
  }
}

namespace {

/// Widest codes that the readers of a highway tensor take; 0 if they take none.
int codes_taken(const Program& program, const std::string& name) {
  int widest = 0;
  for (const LayerEntry& layer : program.layers) {
    if (layer.op == Op::quantize && layer.inputs.at(0) == name) {
      widest = std::max(widest, program.tensor(layer.output).bits);
    }
    if (layer.recurrent && (layer.output == name || layer.recurrent->cell == name)) {
      widest = std::max(widest, program.tensor(layer.inputs.at(1)).bits);
    }
    if (!layer.weights.empty() &&
        std::find(layer.inputs.begin(), layer.inputs.end(), name) != layer.inputs.end()) {
      widest = std::max(widest, program.tensor(name).bits);
    }
  }
  return widest;
}

}  // namespace

void validate_highway(const Program& program, const SourceSpot& spot) {
  if (!program.highway.enabled) {
    return;
  }
  const int bits = program.highway.bits;
  for (const ProgramTensor& tensor : program.tensors()) {
    const bool codes_are_wider = !tensor.is_float() && tensor.bits > bits &&
                                 tensor.bits <= codes_taken(program, tensor.name);
    const bool fits = tensor.is_float() == (bits == kFloatBits) && tensor.bits == bits;
    if (tensor.highway && !fits && !codes_are_wider) {
      fail_tensor(
          tensor, spot,
          fmt::format("is marked as highway, but {}; highway.bits is {}{}",
                      tensor.is_float() ? "of kind float" : fmt::format("has {} bits", tensor.bits),
                      bits, bits == kFloatBits ? ", which is kind float" : ""));
    }
  }
}

void validate_structure(const Program& program, const SourceSpot& spot) {
  if (program.layers.empty()) {
    throw FileError{spot, "the trace has no layers"};
  }
  if (program.network.empty()) {
    throw FileError{spot, "the network's name is empty; tables and files show it"};
  }
  for (std::size_t i = 0; i < program.layers.size(); ++i) {
    if (program.layers[i].name.empty()) {
      throw FileError{spot, fmt::format("the name of layer {} (from 0) is empty", i)};
    }
  }
  if (program.layout == "TC" && program.batch != 1) {
    throw FileError{spot,
                    fmt::format("layout TC holds one sequence, but batch is {}", program.batch)};
  }
  validate_graph(program, spot);
  for (const LayerEntry& layer : program.layers) {
    validate_layer(program, layer, spot);
    validate_post(program, layer, spot);
    validate_requantize(program, layer, spot);
  }
  validate_highway(program, spot);
}

void validate_trace(const Trace& trace, const SourceSpot& spot) {
  for (const TensorEntry& tensor : trace.tensors()) {
    validate_tensor(tensor, spot);
  }
  validate_structure(trace.program(), spot);
}

}  // namespace turnpike::traces
