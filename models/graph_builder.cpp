#include "models/graph_builder.hpp"

#include <utility>

#include <fmt/format.h>

#include "models/ops/ops.hpp"
#include "models/quantizers/activation_range.hpp"
#include "sim/base/error.hpp"

namespace turnpike::models {

using traces::LayerEntry;
using traces::Op;
using traces::PostStep;
using traces::ProgramTensor;
using traces::TensorKind;

GraphBuilder::GraphBuilder(const Network& network, const QuantizeOptions& options)
    : network_{network}, options_{options} {
  graph_.program.network = network.name();
  graph_.program.framework = "turnpike";
  graph_.program.layout = network.is_recurrent() ? "TC" : "NCHW";
  graph_.program.batch = network.batch();
  graph_.program.highway = {.enabled = options.highway, .bits = options.highway_bits};
}

QuantizedGraph GraphBuilder::run() {
  plan_value(std::string{Network::kInput});
  for (const Layer& layer : network_.layers()) {
    plan_value(layer.name);
  }
  add_input_tensors();
  for (const Layer& layer : network_.layers()) {
    add_layer(layer);
  }
  return std::move(graph_);
}

int GraphBuilder::activation_bits(const Layer& layer) const {
  return layer_bits(network_, layer, options_).activation;
}

void GraphBuilder::plan_value(const std::string& value) {
  Kept kept;
  bool is_stored = false;
  const std::vector<std::size_t> readers = network_.consumers(value);
  for (const std::size_t index : readers) {
    const Layer& reader = network_.layers()[index];
    if (reader.is_array()) {
      kept.widths.insert(activation_bits(reader));
    }
    is_stored =
        is_stored || reader.op == Op::concat || (reader.op == Op::add && skip_of(reader) == value);
  }
  kept.internal =
      kept.widths.empty() && !is_stored && readers.size() <= 1 && value != Network::kInput;
  if (!kept.internal && kept.widths.empty()) {
    kept.widths.insert(options_.activation_bits);
  }
  kept_[value] = std::move(kept);
}

const std::string& GraphBuilder::skip_of(const Layer& add) const {
  const bool plain = add.skip_stride == 1 && add.channel_pad == 0;
  const bool swapped = plain && network_.consumers(add.inputs[0]).size() > 1 &&
                       network_.consumers(add.inputs[1]).size() == 1;
  return add.inputs[swapped ? 0 : 1];
}

bool GraphBuilder::is_sequence(const std::string& value) const {
  return value == Network::kInput ? network_.is_recurrent() : network_.shape_of(value).size() == 2;
}

Grid GraphBuilder::grid_of(const std::string& value) const {
  if (is_sequence(value)) {
    return Grid::fractional;
  }
  if (is_non_negative(network_, value)) {
    return Grid::positive;
  }
  return options_.signed_grid == config::SignedGrid::asymmetric ? Grid::asymmetric
                                                                : Grid::symmetric;
}

std::string GraphBuilder::code_name(const std::string& value, int bits) const {
  const std::set<int>& widths = kept_.at(value).widths;
  return bits == *widths.rbegin() ? value + ".q" : fmt::format("{}.q{}", value, bits);
}

std::string GraphBuilder::tensor_for(const std::string& value, const Layer& reader) const {
  const Kept& kept = kept_.at(value);
  if (kept.internal) {
    return float_name(value);
  }
  return code_name(value, reader.is_array() ? activation_bits(reader) : *kept.widths.rbegin());
}

std::string GraphBuilder::float_name(const std::string& value) const {
  const bool sum = value != Network::kInput && network_.layer(value).op == Op::add;
  return value + (sum ? ".out" : ".y");
}

void GraphBuilder::add_float(const std::string& name) {
  ProgramTensor tensor;
  tensor.name = name;
  tensor.kind = TensorKind::floating;
  graph_.program.add_tensor(std::move(tensor));
}

void GraphBuilder::add_codes(const std::string& name, int bits, TensorPlan plan) {
  ProgramTensor tensor;
  tensor.name = name;
  tensor.bits = bits;
  tensor.is_signed = plan.grid == Grid::symmetric;
  graph_.program.add_tensor(std::move(tensor));
  graph_.plans[name] = std::move(plan);
}

void GraphBuilder::add_codes_of(const std::string& value, int bits) {
  TensorPlan plan{.value = value, .grid = grid_of(value), .clip = {}, .zero_fraction = {}};
  set_range(plan, value, bits);
  // What is joined is coded on the grid of the whole, so that joining rounds nothing again.
  const std::vector<std::size_t> readers = network_.consumers(value);
  if (readers.size() == 1 && network_.layers()[readers[0]].op == Op::concat &&
      grid_of(network_.layers()[readers[0]].name) == plan.grid) {
    plan.value = network_.layers()[readers[0]].name;
  }
  add_codes(code_name(value, bits), bits, std::move(plan));
}

void GraphBuilder::set_range(TensorPlan& plan, const std::string& value, int bits) const {
  plan.quantizer = options_.activations;
  for (const std::size_t index : network_.consumers(value)) {
    const Layer& reader = network_.layers()[index];
    if (!reader.is_array() || activation_bits(reader) != bits) {
      continue;
    }
    const config::QuantizerChoice chosen = layer_quantizers(reader, options_);
    plan.quantizer = *chosen.activations;
    if (plan.quantizer == config::ActivationQuantizer::pact && chosen.clip) {
      plan.clip = chosen.clip;
    } else if (plan.quantizer == config::ActivationQuantizer::lsq && chosen.step) {
      plan.clip = clip_of_step(*chosen.step, plan.grid, bits);
    }
    if (plan.clip) {
      return;
    }
  }
}

std::optional<double> GraphBuilder::cell_clip(const Layer& layer) const {
  const bool learned =
      layer_quantizers(layer, options_).activations == config::ActivationQuantizer::pact;
  return learned ? layer.learned.cell_clip : std::nullopt;
}

void GraphBuilder::add_input_tensors() {
  const std::string input{Network::kInput};
  if (network_.consumers(input).empty()) {
    return;
  }
  for (const int bits : kept_.at(input).widths) {
    add_codes_of(input, bits);
  }
}

void GraphBuilder::add_layer(const Layer& layer) {
  LayerEntry entry;
  entry.name = layer.name;
  entry.op = layer.op;
  entry.stride = layer.stride;
  entry.pad = layer.pad;
  entry.groups = layer.groups;
  entry.mapping = layer.requests.mapping;
  entry.width_tile = layer.requests.width_tile;
  add_operands(layer, entry);
  add_weights(layer, entry);
  if (!layer.is_recurrent()) {
    add_post(layer, entry);
  }
  operation(layer.op).lower(*this, layer, std::move(entry));
}

void GraphBuilder::add_operands(const Layer& layer, LayerEntry& entry) {
  if (layer.requests.ifmap_zeros) {
    const std::string name = layer.name + ".x";
    add_codes(name, activation_bits(layer),
              {.value = name,
               .grid = Grid::positive,
               .clip = 1.0,
               .zero_fraction = layer.requests.ifmap_zeros});
    entry.inputs = {name};
    return;
  }
  for (const std::string& input : layer.inputs) {
    entry.inputs.push_back(tensor_for(input, layer));
  }
}

void GraphBuilder::add_weights(const Layer& layer, LayerEntry& entry) {
  for (const std::string& name : layer.weight_names()) {
    ProgramTensor weights;
    weights.name = name;
    weights.bits = layer_bits(network_, layer, options_).weight;
    weights.is_signed = true;  // kind, scales and zero point come with the codes
    entry.weights.push_back(name);
    graph_.program.add_tensor(std::move(weights));
  }
}

void GraphBuilder::add_post(const Layer& layer, LayerEntry& entry) {
  const auto parameter = [&](PostStep::Kind kind, const std::string& suffix) {
    entry.post.push_back({.kind = kind, .tensor = layer.name + suffix});
    add_float(layer.name + suffix);
  };
  if (!layer.scale.empty()) {
    parameter(PostStep::Kind::scale, ".scale");
  }
  if (!layer.bias.empty() || layer.requests.ofmap_zeros) {
    parameter(PostStep::Kind::bias, ".bias");
  }
  if (layer.relu) {
    entry.post.push_back({.kind = PostStep::Kind::relu, .tensor = ""});
  }
  if (layer.clip) {
    entry.post.push_back({.kind = PostStep::Kind::clip,
                          .tensor = "",
                          .low = static_cast<double>(layer.clip->front()),
                          .high = static_cast<double>(layer.clip->back())});
  }
}

void GraphBuilder::add_output(const Layer& layer, LayerEntry entry) {
  const Kept& kept = kept_.at(layer.name);
  const bool direct = layer.op != Op::add && kept.widths.size() == 1;
  if (!kept.internal && direct) {
    const int bits = *kept.widths.begin();
    entry.output = code_name(layer.name, bits);
    entry.post.push_back({.kind = PostStep::Kind::quantize, .tensor = ""});
    add_codes_of(layer.name, bits);
    graph_.program.layers.push_back(std::move(entry));
    return;
  }
  entry.output = float_name(layer.name);
  add_float(entry.output);
  graph_.plans[entry.output] = {
      .value = layer.name, .grid = grid_of(layer.name), .clip = {}, .zero_fraction = {}};
  graph_.program.layers.push_back(std::move(entry));
  if (!kept.internal) {
    add_quantizers(layer.name, float_name(layer.name));
  }
}

void GraphBuilder::add_quantizers(const std::string& value, const std::string& from) {
  for (const int bits : kept_.at(value).widths) {
    const std::string to = code_name(value, bits);
    LayerEntry quantizer;
    quantizer.op = Op::quantize;
    quantizer.name = value + ".quant" + to.substr(value.size() + 2);
    quantizer.inputs = {from};
    quantizer.output = to;
    add_codes_of(value, bits);
    graph_.program.layers.push_back(std::move(quantizer));
  }
}

void GraphBuilder::add_stored(const Layer& layer, LayerEntry entry, int bits) {
  const std::string from = entry.output;
  graph_.program.layers.push_back(std::move(entry));
  if (network_.consumers(layer.name).empty()) {
    return;
  }
  Kept& kept = kept_.at(layer.name);
  kept.internal = false;
  if (kept.widths.empty()) {
    kept.widths.insert(bits);
  }
  add_quantizers(layer.name, from);
}

}  // namespace turnpike::models
