#include "models/lowering.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "models/float_engine.hpp"
#include "sim/base/error.hpp"

namespace turnpike::models {
namespace {

using traces::LayerEntry;
using traces::Op;
using traces::PostStep;
using traces::TensorEntry;
using traces::TensorKind;

Op op_of(LayerKind kind) {
  switch (kind) {
    case LayerKind::conv:
      return Op::conv;
    case LayerKind::fc:
      return Op::fc;
    case LayerKind::lstm:
      return Op::lstm;
    case LayerKind::gru:
      return Op::gru;
    case LayerKind::add:
      return Op::add;
    case LayerKind::mul:
      return Op::mul;
    case LayerKind::maxpool:
      return Op::maxpool;
    case LayerKind::avgpool:
      return Op::avgpool;
    case LayerKind::concat:
      return Op::concat;
    case LayerKind::affine:
      return Op::maxpool;  // of 1 x 1: reads, applies its post steps, stores
  }
  fail_invariant("a layer of a known kind", __FILE__, __LINE__);
}

class Lowering {
 public:
  Lowering(const Network& network, const QuantizeOptions& options)
      : network_{network}, options_{options} {
    graph_.trace.network = network.name();
    graph_.trace.framework = "turnpike";
    graph_.trace.layout = network.is_recurrent() ? "TC" : "NCHW";
    graph_.trace.batch = network.batch();
    graph_.trace.highway = {.enabled = options.highway, .bits = options.highway_bits};
  }

  QuantizedGraph run() {
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

 private:
  /// How a value is kept.
  struct Kept {
    bool internal = false;  ///< float64 inside the post-processing unit
    std::set<int> widths;   ///< of the stored codes
  };

  [[nodiscard]] bool reads_codes(const Layer& reader) const { return reader.is_array(); }

  void plan_value(const std::string& value) {
    Kept kept;
    bool is_skip = false;
    const std::vector<std::size_t> readers = network_.consumers(value);
    for (const std::size_t index : readers) {
      const Layer& reader = network_.layers()[index];
      if (reader.is_array()) {
        kept.widths.insert(layer_bits(network_, reader, options_).activation);
      }
      is_skip = is_skip || (reader.kind == LayerKind::add && skip_of(reader) == value);
    }
    kept.internal =
        kept.widths.empty() && !is_skip && readers.size() <= 1 && value != Network::kInput;
    if (!kept.internal && kept.widths.empty()) {
      kept.widths.insert(options_.activation_bits);
    }
    kept_[value] = std::move(kept);
  }

  /// The operand of an `add` that comes over the skip edge: inputs[1], unless that one has no other
  /// reader and inputs[0] has, as when a file writes x + F(x).
  [[nodiscard]] const std::string& skip_of(const Layer& add) const {
    const bool plain = add.skip_stride == 1 && add.channel_pad == 0;
    const bool swapped = plain && network_.consumers(add.inputs[0]).size() > 1 &&
                         network_.consumers(add.inputs[1]).size() == 1;
    return add.inputs[swapped ? 0 : 1];
  }

  [[nodiscard]] bool is_sequence(const std::string& value) const {
    return value == Network::kInput ? network_.is_recurrent()
                                    : network_.shape_of(value).size() == 2;
  }

  [[nodiscard]] Grid grid_of(const std::string& value) const {
    if (is_sequence(value)) {
      return Grid::fractional;
    }
    return is_non_negative(network_, value) ? Grid::positive : Grid::symmetric;
  }

  [[nodiscard]] std::string code_name(const std::string& value, int bits) const {
    const std::set<int>& widths = kept_.at(value).widths;
    return bits == *widths.rbegin() ? value + ".q" : fmt::format("{}.q{}", value, bits);
  }

  /// The tensor a reader of `value` gets.
  [[nodiscard]] std::string tensor_for(const std::string& value, const Layer& reader) const {
    const Kept& kept = kept_.at(value);
    if (kept.internal) {
      return float_name(value);
    }
    const int bits = reader.is_array() ? layer_bits(network_, reader, options_).activation
                                       : *kept.widths.rbegin();
    return code_name(value, bits);
  }

  [[nodiscard]] std::string float_name(const std::string& value) const {
    const bool sum = value != Network::kInput && network_.layer(value).kind == LayerKind::add;
    return value + (sum ? ".out" : ".y");
  }

  void add_float(const std::string& name, const std::string& value) {
    TensorEntry entry;
    entry.name = name;
    entry.kind = TensorKind::floating;
    graph_.trace.add_tensor(std::move(entry));
    if (!value.empty()) {
      graph_.plans[name] = {
          .value = value, .grid = grid_of(value), .clip = {}, .zero_fraction = {}};
    }
  }

  void add_codes(const std::string& name, int bits, TensorPlan plan) {
    TensorEntry entry;
    entry.name = name;
    entry.bits = bits;
    entry.is_signed = plan.grid == Grid::symmetric;
    graph_.trace.add_tensor(std::move(entry));
    graph_.plans[name] = std::move(plan);
  }

  void add_codes_of(const std::string& value, int bits) {
    add_codes(code_name(value, bits), bits,
              {.value = value, .grid = grid_of(value), .clip = {}, .zero_fraction = {}});
  }

  void add_input_tensors() {
    const std::string input{Network::kInput};
    if (network_.consumers(input).empty()) {
      return;
    }
    for (const int bits : kept_.at(input).widths) {
      add_codes_of(input, bits);
    }
  }

  void add_layer(const Layer& layer) {
    LayerEntry entry;
    entry.name = layer.name;
    entry.op = op_of(layer.kind);
    entry.stride = layer.stride;
    entry.pad = layer.pad;
    entry.groups = layer.groups;
    entry.mapping = layer.requests.mapping;
    entry.width_tile = layer.requests.width_tile;
    if (layer.kind == LayerKind::maxpool || layer.kind == LayerKind::avgpool) {
      entry.kernel = layer.kernel;
    } else if (layer.kind == LayerKind::affine) {
      entry.kernel = {1, 1};
    }
    add_operands(layer, entry);
    add_parameters(layer, entry);
    if (layer.is_recurrent()) {
      add_recurrent(layer, std::move(entry));
    } else {
      add_output(layer, std::move(entry));
    }
  }

  void add_operands(const Layer& layer, LayerEntry& entry) {
    if (layer.requests.ifmap_zeros) {
      const std::string name = layer.name + ".x";
      add_codes(name, layer_bits(network_, layer, options_).activation,
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
    if (layer.kind == LayerKind::add) {
      if (skip_of(layer) == layer.inputs[0] && layer.inputs[0] != layer.inputs[1]) {
        std::swap(entry.inputs[0], entry.inputs[1]);
      }
      entry.skip = {
          .stride = layer.skip_stride, .channel_pad = layer.channel_pad, .highway = false};
    }
  }

  void add_weights(const Layer& layer, LayerEntry& entry, const std::string& suffix) {
    TensorEntry weights;
    weights.name = layer.name + suffix;
    weights.kind = TensorKind::midrise;
    weights.bits = layer_bits(network_, layer, options_).weight;
    weights.zero_point = -0.5;
    weights.is_signed = true;
    entry.weights.push_back(weights.name);
    graph_.trace.add_tensor(std::move(weights));
  }

  void add_parameters(const Layer& layer, LayerEntry& entry) {
    if (layer.is_array()) {
      add_weights(layer, entry, layer.is_recurrent() ? ".wx" : ".w");
    }
    if (layer.is_recurrent()) {
      add_weights(layer, entry, ".wh");
      return;
    }
    const auto parameter = [&](PostStep::Kind kind, const std::string& suffix) {
      entry.post.push_back({.kind = kind, .tensor = layer.name + suffix});
      add_float(layer.name + suffix, "");
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
  }

  void add_output(const Layer& layer, LayerEntry entry) {
    const Kept& kept = kept_.at(layer.name);
    const bool direct = layer.kind != LayerKind::add && kept.widths.size() == 1;
    if (!kept.internal && direct) {
      const int bits = *kept.widths.begin();
      entry.output = code_name(layer.name, bits);
      entry.post.push_back({.kind = PostStep::Kind::quantize, .tensor = ""});
      add_codes_of(layer.name, bits);
      graph_.trace.layers.push_back(std::move(entry));
      return;
    }
    entry.output = float_name(layer.name);
    add_float(entry.output, layer.name);
    graph_.trace.layers.push_back(std::move(entry));
    if (!kept.internal) {
      add_quantizers(layer.name, float_name(layer.name));
    }
  }

  /// A quantize layer for every width in which `value` is wanted.
  void add_quantizers(const std::string& value, const std::string& from) {
    for (const int bits : kept_.at(value).widths) {
      const std::string to = code_name(value, bits);
      LayerEntry quantizer;
      quantizer.op = Op::quantize;
      quantizer.name = value + ".quant" + to.substr(value.size() + 2);
      quantizer.inputs = {from};
      quantizer.output = to;
      add_codes_of(value, bits);
      graph_.trace.layers.push_back(std::move(quantizer));
    }
  }

  void add_recurrent(const Layer& layer, LayerEntry entry) {
    const int bits = layer_bits(network_, layer, options_).activation;
    const std::string& name = layer.name;
    const auto ranged = [](const std::string& value, std::optional<double> clip) {
      return TensorPlan{
          .value = value, .grid = Grid::fractional, .clip = clip, .zero_fraction = {}};
    };
    traces::Recurrent recurrent;
    recurrent.gate_order = layer.gate_order;
    recurrent.hidden = layer.filters;
    recurrent.steps = layer.steps;
    recurrent.preact = name + ".preact";
    recurrent.gates = name + ".gates";
    add_codes(name + ".h_prev.q", bits, ranged(name, 1.0));
    entry.inputs.push_back(name + ".h_prev.q");
    if (!layer.bias.empty()) {
      recurrent.bias = name + ".bias";
      add_float(recurrent.bias, "");
    }
    add_float(recurrent.preact, "");
    // The grid 1 / (2^k - 1) in k + 1 signed bits: see the header.
    add_codes(recurrent.gates, bits + 1,
              {.value = name, .grid = Grid::symmetric, .clip = 1.0, .zero_fraction = {}});
    if (layer.kind == LayerKind::lstm) {
      recurrent.cell = name + ".c";
      add_codes(recurrent.cell, bits, ranged(name + ".cell", std::nullopt));
    }
    entry.output = name + ".h";
    add_codes(entry.output, bits, ranged(name, 1.0));
    entry.recurrent = std::move(recurrent);
    graph_.trace.layers.push_back(std::move(entry));
    if (!network_.consumers(name).empty()) {
      kept_.at(name).internal = false;
      if (kept_.at(name).widths.empty()) {
        kept_.at(name).widths.insert(bits);
      }
      add_quantizers(name, name + ".h");
    }
  }

  const Network& network_;
  const QuantizeOptions& options_;
  QuantizedGraph graph_;
  std::map<std::string, Kept> kept_;
};

}  // namespace

bool is_non_negative(const Network& network, const std::string& value) {
  if (value == Network::kInput) {
    return false;
  }
  const Layer& layer = network.layer(value);
  if (layer.relu) {
    return true;
  }
  if (layer.is_array() || !layer.scale.empty() || !layer.bias.empty()) {
    return false;
  }
  return std::all_of(layer.inputs.begin(), layer.inputs.end(),
                     [&](const std::string& input) { return is_non_negative(network, input); });
}

QuantizedGraph lower(const Network& network, const QuantizeOptions& options) {
  return Lowering{network, options}.run();
}

}  // namespace turnpike::models
