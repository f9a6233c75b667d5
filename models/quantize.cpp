#include "models/quantize.hpp"

#include <algorithm>
#include <cmath>
#include <new>
#include <utility>

#include <fmt/format.h>

#include "models/engine.hpp"
#include "models/float_engine.hpp"
#include "models/highway.hpp"
#include "models/lowering.hpp"
#include "models/network_size.hpp"
#include "models/operands.hpp"
#include "models/quantizers/activation_range.hpp"
#include "models/quantizers/weight_quantizer.hpp"
#include "models/synthetic.hpp"
#include "models/zero_bias.hpp"
#include "models/zero_setting.hpp"
#include "sim/base/text.hpp"

namespace turnpike::models {
namespace {

using traces::LayerEntry;
using traces::ProgramTensor;
using traces::Trace;

bool is_first_or_last(const Network& network, const Layer& layer) {
  const auto& layers = network.layers();
  const auto first = std::find_if(layers.begin(), layers.end(), std::mem_fn(&Layer::is_product));
  const auto last = std::find_if(layers.rbegin(), layers.rend(), std::mem_fn(&Layer::is_product));
  return first != layers.end() && (first->name == layer.name || last->name == layer.name);
}

/// Fills a lowered graph with numbers, layer by layer: scales from the calibration, parameters from
/// the network, activations from its input.
class Filling {
 public:
  Filling(const Network& network, const Calibration& calibration, const QuantizeOptions& options,
          QuantizedGraph graph)
      : network_{network}, calibration_{calibration}, options_{options}, graph_{std::move(graph)} {}

  /// Without running a layer.
  QuantizedNetwork network() && {
    set_grids();
    for (const Layer& layer : network_.layers()) {
      if (layer.requests.ifmap_zeros || layer.requests.ofmap_zeros) {
        throw InputError{{.file = network_.name()},
                         fmt::format("layer '{}' has synthetic zeros: a network of shapes only has "
                                     "no accuracy",
                                     layer.name)};
      }
      set_parameters(layer);
    }
    return {std::move(graph_.program), std::move(parameters_)};
  }

  Trace run(ZerosWanted* wanted = nullptr) {
    set_grids();
    std::optional<ZeroSetting> zeros;
    traces::Activations given = inputs();
    if (wanted != nullptr) {
      zeros.emplace(program(), wanted->shares);
      zeros->set_inputs(program(), network_.seed, given);
    }
    Execution execution{program(), parameters_, std::move(given), Keep::all};
    for (std::size_t i = 0; i < program().layers.size(); ++i) {
      try {
        fill(i, execution, zeros ? &*zeros : nullptr);
      } catch (const std::bad_alloc&) {
        throw out_of_memory(network_, program().layers[i].name);
      }
    }
    if (zeros) {
      wanted->unmet = zeros->unmet(program(), execution.activations());
    }
    return Trace{program(), std::move(parameters_), std::move(execution).take()};
  }

 private:
  [[nodiscard]] traces::Program& program() { return graph_.program; }

  void set_grids() {
    for (const auto& [name, plan] : graph_.plans) {
      ProgramTensor& tensor = program().tensor(name);
      if (tensor.is_float()) {
        continue;
      }
      const UniformGrid grid = found_grid(
          {.grid = plan.grid, .bits = tensor.bits, .quantizer = plan.quantizer, .clip = plan.clip},
          plan.clip ? ValueHistogram{} : calibration_.of(plan.value));
      tensor.scale = {grid.scale};
      tensor.zero_point = grid.zero_point;
    }
  }

  [[nodiscard]] traces::Activations inputs() {
    traces::Activations values = input_codes(program(), network_);
    for (const auto& [name, plan] : graph_.plans) {
      if (!plan.zero_fraction) {
        continue;
      }
      const ProgramTensor& tensor = program().tensor(name);
      const std::string owner = name.substr(0, name.size() - 2);  // "<layer>.x"
      const TensorShape shape = with_batch(network_.layer(owner).input_shape, network_.batch());
      const std::vector<std::int32_t> codes = sparse_codes({.count = element_count(shape),
                                                            .zero_fraction = *plan.zero_fraction,
                                                            .low = tensor.min_code(),
                                                            .high = tensor.max_code(),
                                                            .zero = 0},
                                                           tensor_seed(network_.seed, name));
      values.put(name, smallest_integer_tensor(shape, codes, tensor.min_code(), tensor.max_code()));
    }
    return values;
  }

  void fill(std::size_t index, Execution& execution, const ZeroSetting* zeros) {
    const LayerEntry& entry = program().layers[index];
    if (network_.has_layer(entry.name)) {  // else a quantize node
      const Layer& layer = network_.layer(entry.name);
      set_parameters(layer);
      if (layer.requests.ofmap_zeros) {
        const double bias =
            choose_zero_bias(execution.operands(index), program(), *layer.requests.ofmap_zeros);
        parameters_.put(layer.name + ".bias",
                        Tensor{{layer.filters},
                               std::vector<double>(static_cast<std::size_t>(layer.filters), bias)});
      }
    }
    if (zeros != nullptr) {
      zeros->before_layer(index, program(), parameters_, execution);
    }
    execution.run_layer(index);
  }

  void set_parameters(const Layer& layer) {
    const std::vector<std::string> names = layer.weight_names();
    const std::vector<TensorShape> shapes = layer.weight_shapes();
    for (std::size_t i = 0; i < names.size(); ++i) {
      const std::vector<float>& values = i == 0 ? layer.weights : layer.recurrent_weights;
      ProgramTensor& tensor = program().tensor(names[i]);
      const config::QuantizerChoice chosen = layer_quantizers(layer, options_);
      const bool channels = chosen.weight_scale == config::WeightScale::channel;
      const bool learned = chosen.weights == config::WeightQuantizer::lsq;
      parameters_.put(
          names[i], quantize_weights({.values = values,
                                      .shape = shapes[i],
                                      .bits = tensor.bits,
                                      .quantizer = *chosen.weights,
                                      .axis = channels ? std::optional{layer.is_recurrent() ? 1 : 0}
                                                       : std::nullopt,
                                      .step = learned ? chosen.weight_step : std::nullopt},
                                     tensor));
    }
    const auto set_vector = [&](const std::string& name, const std::vector<float>& values) {
      if (!values.empty() && program().has_tensor(name)) {
        parameters_.put(name, Tensor{{static_cast<std::int64_t>(values.size())}, values});
      }
    };
    set_vector(layer.name + ".scale", layer.scale);
    set_vector(layer.name + ".bias", layer.bias);
    set_vector(layer.name + ".recurrent_bias", layer.recurrent_bias);
  }

  const Network& network_;
  const Calibration& calibration_;
  const QuantizeOptions& options_;
  QuantizedGraph graph_;
  traces::Parameters parameters_;
};

}  // namespace

traces::Activations input_codes(const traces::Program& program, const std::vector<float>& values,
                                TensorShape shape) {
  const std::vector<double> wide{values.begin(), values.end()};
  traces::Activations inputs;
  for (const ProgramTensor& tensor : program.tensors()) {
    if (is_network_input(tensor.name) && !program.producer(tensor.name)) {
      inputs.put(tensor.name, stored(tensor, wide, shape));
    }
  }
  return inputs;
}

traces::Activations input_codes(const traces::Program& program, const Network& network) {
  return input_codes(program, network.input(), with_batch(network.input_shape(), network.batch()));
}

QuantizeOptions quantize_options(const config::AcceleratorConfig& config) {
  QuantizeOptions options;
  options.weight_bits = config.precision.weight;
  options.activation_bits = config.precision.activation;
  options.first_last = config.layers.first_last;
  for (const config::LayerOverride& entry : config.layers.overrides) {
    options.overrides.push_back(
        {entry.pattern, entry.widths.weight, entry.widths.activation, entry.quantizers});
  }
  options.weights = config.layers.weights;
  options.weight_scale = config.layers.weight_scale;
  options.activations = config.layers.activations;
  options.signed_grid = config.layers.signed_grid;
  options.highway = config.highway.enabled;
  options.highway_bits = config.highway.bits;
  options.highway_edges = config.highway.edges;
  return options;
}

LayerBits layer_bits(const Network& network, const Layer& layer, const QuantizeOptions& options) {
  LayerBits bits{.weight = options.weight_bits, .activation = options.activation_bits};
  if (options.first_last != FirstLast::same && layer.is_product() &&
      is_first_or_last(network, layer)) {
    const int least = options.first_last == FirstLast::composed8 ? 8 : 16;
    bits = {.weight = std::max(bits.weight, least), .activation = std::max(bits.activation, least)};
  }
  bits.weight = layer.requests.weight_bits.value_or(bits.weight);
  bits.activation = layer.requests.activation_bits.value_or(bits.activation);
  for (const PrecisionOverride& each : options.overrides) {
    if (glob_match(each.pattern, layer.name)) {
      bits.weight = each.weight_bits.value_or(bits.weight);
      bits.activation = each.activation_bits.value_or(bits.activation);
    }
  }
  return bits;
}

config::QuantizerChoice layer_quantizers(const Layer& layer, const QuantizeOptions& options) {
  config::QuantizerChoice chosen{.weights = options.weights,
                                 .weight_scale = options.weight_scale,
                                 .activations = options.activations,
                                 .clip = layer.learned.clip,
                                 .weight_step = layer.learned.weight_step,
                                 .step = layer.learned.step};
  const auto take = [](auto& value, const auto& given) { value = given ? given : value; };
  for (const PrecisionOverride& each : options.overrides) {
    if (glob_match(each.pattern, layer.name)) {
      take(chosen.weights, each.quantizers.weights);
      take(chosen.weight_scale, each.quantizers.weight_scale);
      take(chosen.activations, each.quantizers.activations);
      take(chosen.clip, each.quantizers.clip);
      take(chosen.weight_step, each.quantizers.weight_step);
      take(chosen.step, each.quantizers.step);
    }
  }
  return chosen;
}

namespace {

/// A quantizer knows certain widths, and some of them need what the weights must bring.
void check_quantizers(const Network& network, const Layer& layer, const QuantizeOptions& options) {
  const config::QuantizerChoice chosen = layer_quantizers(layer, options);
  const WeightQuantization& way = weight_quantization(*chosen.weights);
  const int bits = layer_bits(network, layer, options).weight;
  if (bits < way.least_bits || bits > way.most_bits) {
    throw InputError{{.file = network.name()},
                     fmt::format("layer '{}' has {}-bit weights, but the quantizer {} knows {}",
                                 layer.name, bits, config::to_string(*chosen.weights),
                                 way.least_bits == way.most_bits
                                     ? fmt::format("{} bits only", way.least_bits)
                                     : fmt::format("{}..{} bits", way.least_bits, way.most_bits))};
  }
}

}  // namespace

void check_options(const Network& network, const QuantizeOptions& options) {
  const auto check = [&](std::string_view what, int value, int low, int high) {
    if (value < low || value > high) {
      throw InputError{{.file = network.name()},
                       fmt::format("{} is {}, outside {}..{}", what, value, low, high)};
    }
  };
  check("weight precision", options.weight_bits, 1, 16);
  check("activation precision", options.activation_bits, 1, 16);
  check("highway.bits", options.highway_bits, 4, 32);
  std::vector<std::string> names;
  for (const Layer& layer : network.layers()) {
    names.push_back(layer.name);
  }
  for (const PrecisionOverride& each : options.overrides) {
    check(fmt::format("weight precision of '{}'", each.pattern), each.weight_bits.value_or(1), 1,
          16);
    check(fmt::format("activation precision of '{}'", each.pattern),
          each.activation_bits.value_or(1), 1, 16);
    if (std::none_of(names.begin(), names.end(),
                     [&](const std::string& name) { return glob_match(each.pattern, name); })) {
      throw InputError{{.file = network.name()},
                       fmt::format("no layer matches the override '{}'{}", each.pattern,
                                   suggestion(each.pattern, names))};
    }
  }
  check_edges(network, options.highway_edges);
}

namespace {

Filling filling(const Network& network, const Calibration& calibration,
                const QuantizeOptions& options) {
  check_options(network, options);
  network.check_complete();
  if (network.is_stated()) {
    throw InputError{{.file = network.name()},
                     "brings its own quantization, which a precision would contradict"};
  }
  for (const Layer& layer : network.layers()) {
    if (layer.is_array()) {
      check_quantizers(network, layer, options);
    }
  }
  QuantizedGraph graph = lower(network, options);
  if (options.highway) {
    apply_highway(graph, options.highway_bits, options.highway_edges);
  }
  return {network, calibration, options, std::move(graph)};
}

}  // namespace

traces::Trace quantize(const Network& network, const Calibration& calibration,
                       const QuantizeOptions& options) {
  return filling(network, calibration, options).run();
}

traces::Trace quantize(const Network& network, const Calibration& calibration,
                       const QuantizeOptions& options, ZerosWanted& zeros) {
  return filling(network, calibration, options).run(&zeros);
}

QuantizedNetwork quantize_network(const Network& network, const Calibration& calibration,
                                  const QuantizeOptions& options) {
  return filling(network, calibration, options).network();
}

}  // namespace turnpike::models
