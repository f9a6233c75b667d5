#include "models/quantize.hpp"

#include <algorithm>
#include <cmath>
#include <new>
#include <utility>

#include <fmt/format.h>

#include "models/engine.hpp"
#include "models/float_engine.hpp"
#include "models/highway.hpp"
#include "models/laplace_quantizer.hpp"
#include "models/lowering.hpp"
#include "models/network_size.hpp"
#include "models/operands.hpp"
#include "models/recurrent.hpp"
#include "models/synthetic.hpp"
#include "models/zero_bias.hpp"
#include "sim/base/text.hpp"

namespace turnpike::models {
namespace {

using traces::LayerEntry;
using traces::TensorEntry;
using traces::Trace;

bool is_product(const Layer& layer) {
  return layer.kind == LayerKind::conv || layer.kind == LayerKind::fc;
}

bool is_first_or_last(const Network& network, const Layer& layer) {
  const auto& layers = network.layers();
  const auto first = std::find_if(layers.begin(), layers.end(), is_product);
  const auto last = std::find_if(layers.rbegin(), layers.rend(), is_product);
  return first != layers.end() && (first->name == layer.name || last->name == layer.name);
}

/// Fills a lowered graph with numbers, layer by layer.
class Filling {
 public:
  Filling(const Network& network, const Calibration& calibration, QuantizedGraph graph)
      : network_{network}, calibration_{calibration}, graph_{std::move(graph)} {}

  Trace run() {
    set_grids();
    set_inputs();
    for (std::size_t i = 0; i < trace().layers.size(); ++i) {
      run_one(i);
    }
    return std::move(graph_.trace);
  }

 private:
  [[nodiscard]] Trace& trace() { return graph_.trace; }

  void set_grids() {
    for (const auto& [name, plan] : graph_.plans) {
      TensorEntry& entry = trace().tensor(name);
      if (entry.is_float()) {
        continue;
      }
      const double clip =
          plan.clip ? *plan.clip : best_clip(calibration_.of(plan.value), plan.grid, entry.bits);
      const UniformGrid grid = uniform_grid(plan.grid, entry.bits, clip);
      entry.scale = {grid.scale};
      entry.zero_point = grid.zero_point;
    }
  }

  void set_inputs() {
    for (const auto& [name, plan] : graph_.plans) {
      TensorEntry& entry = trace().tensor(name);
      if (plan.zero_fraction) {
        const std::string owner = name.substr(0, name.size() - 2);  // "<layer>.x"
        const TensorShape shape = with_batch(network_.layer(owner).input_shape, network_.batch());
        const std::vector<std::int32_t> codes = sparse_codes({.count = element_count(shape),
                                                              .zero_fraction = *plan.zero_fraction,
                                                              .low = entry.min_code(),
                                                              .high = entry.max_code(),
                                                              .zero = 0},
                                                             tensor_seed(network_.seed, name));
        entry.data = smallest_integer_tensor(shape, codes, entry.min_code(), entry.max_code());
      } else if (plan.value == Network::kInput) {
        const std::vector<double> values{network_.input().begin(), network_.input().end()};
        entry.data = stored(entry, values, with_batch(network_.input_shape(), network_.batch()));
      }
    }
  }

  void run_one(std::size_t index) {
    const LayerEntry& entry = trace().layers[index];
    try {
      fill(index, entry);
    } catch (const std::bad_alloc&) {
      throw out_of_memory(network_, entry.name);
    }
  }

  void fill(std::size_t index, const LayerEntry& entry) {
    if (!network_.has_layer(entry.name)) {
      run_layer(trace(), index);  // a quantize node
      return;
    }
    const Layer& layer = network_.layer(entry.name);
    set_parameters(layer);
    if (entry.recurrent) {
      run_recurrent(entry);
      return;
    }
    if (layer.requests.ofmap_zeros) {
      choose_zero_bias(trace(), index, *layer.requests.ofmap_zeros);
    }
    run_layer(trace(), index);
  }

  void run_recurrent(const LayerEntry& entry) {
    LayerOutputs out = compute_free_running(trace(), entry);
    trace().tensor(entry.output).data = std::move(out.output);
    trace().tensor(entry.recurrent->preact).data = std::move(out.preact);
    trace().tensor(entry.recurrent->gates).data = std::move(out.gates);
    if (!entry.recurrent->cell.empty()) {
      trace().tensor(entry.recurrent->cell).data = std::move(out.cell);
    }
  }

  void set_weights(const std::string& name, const std::vector<float>& values, TensorShape shape) {
    TensorEntry& entry = trace().tensor(name);
    const double spacing = weight_spacing(values, entry.bits);
    entry.scale = {spacing};
    entry.data = quantize_weights(values, std::move(shape), spacing, entry.bits);
  }

  void set_parameters(const Layer& layer) {
    if (layer.kind == LayerKind::conv) {
      set_weights(
          layer.name + ".w", layer.weights,
          {layer.filters, layer.input_shape[0] / layer.groups, layer.kernel[0], layer.kernel[1]});
    } else if (layer.kind == LayerKind::fc) {
      set_weights(layer.name + ".w", layer.weights, {layer.filters, layer.fan_in()});
    } else if (layer.is_recurrent()) {
      const std::int64_t width = layer.gates() * layer.filters;
      set_weights(layer.name + ".wx", layer.weights, {layer.input_shape[1], width});
      set_weights(layer.name + ".wh", layer.recurrent_weights, {layer.filters, width});
    }
    const auto set_vector = [&](const std::string& name, const std::vector<float>& values) {
      if (!values.empty() && trace().has_tensor(name)) {
        trace().tensor(name).data = Tensor{{static_cast<std::int64_t>(values.size())}, values};
      }
    };
    set_vector(layer.name + ".scale", layer.scale);
    set_vector(layer.name + ".bias", layer.bias);
  }

  const Network& network_;
  const Calibration& calibration_;
  QuantizedGraph graph_;
};

}  // namespace

const ValueHistogram& Calibration::of(const std::string& value) const {
  const auto found = values.find(value);
  ensure(found != values.end(), fmt::format("value '{}' was calibrated", value));
  return found->second;
}

QuantizeOptions quantize_options(const config::AcceleratorConfig& config) {
  QuantizeOptions options;
  options.weight_bits = config.precision.weight;
  options.activation_bits = config.precision.activation;
  options.first_last = config.layers.first_last;
  for (const config::LayerOverride& entry : config.layers.overrides) {
    options.overrides.push_back({entry.pattern, entry.widths.weight, entry.widths.activation});
  }
  options.highway = config.highway.enabled;
  options.highway_bits = config.highway.bits;
  return options;
}

Calibration calibrate(const Network& network) {
  Calibration calibration;
  forward(network, [&](const FloatValue& value) {
    if (!std::all_of(value.values.begin(), value.values.end(),
                     [](float each) { return std::isfinite(each); })) {
      throw InputError{{.file = network.name()},
                       fmt::format("the values of '{}' are beyond float32: they grow from layer to "
                                   "layer; give weights that keep them small",
                                   value.name)};
    }
    calibration.values.emplace(value.name, ValueHistogram{value.values});
  });
  return calibration;
}

LayerBits layer_bits(const Network& network, const Layer& layer, const QuantizeOptions& options) {
  LayerBits bits{.weight = options.weight_bits, .activation = options.activation_bits};
  if (options.first_last != FirstLast::same && is_product(layer) &&
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

void check_options(const Network& network, const QuantizeOptions& options) {
  const auto check = [&](std::string_view what, int value, int low, int high) {
    if (value < low || value > high) {
      throw InputError{{.file = network.name()},
                       fmt::format("{} is {}, outside {}..{}", what, value, low, high)};
    }
  };
  check("weight precision", options.weight_bits, 1, kMaxWeightBits);
  check("activation precision", options.activation_bits, 1, 16);
  check("highway.bits", options.highway_bits, 4, 32);
  std::vector<std::string> names;
  for (const Layer& layer : network.layers()) {
    names.push_back(layer.name);
  }
  for (const PrecisionOverride& each : options.overrides) {
    check(fmt::format("weight precision of '{}'", each.pattern), each.weight_bits.value_or(1), 1,
          kMaxWeightBits);
    check(fmt::format("activation precision of '{}'", each.pattern),
          each.activation_bits.value_or(1), 1, 16);
    if (std::none_of(names.begin(), names.end(),
                     [&](const std::string& name) { return glob_match(each.pattern, name); })) {
      throw InputError{{.file = network.name()},
                       fmt::format("no layer matches the override '{}'{}", each.pattern,
                                   suggestion(each.pattern, names))};
    }
  }
}

traces::Trace quantize(const Network& network, const Calibration& calibration,
                       const QuantizeOptions& options) {
  check_options(network, options);
  network.check_complete();
  QuantizedGraph graph = lower(network, options);
  if (options.highway) {
    apply_highway(graph, options.highway_bits);
  }
  return Filling{network, calibration, std::move(graph)}.run();
}

}  // namespace turnpike::models
