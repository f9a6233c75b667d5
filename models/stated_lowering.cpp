#include "models/stated_lowering.hpp"

#include <algorithm>
#include <cmath>
#include <new>
#include <set>

#include <fmt/format.h>

#include "models/engine.hpp"
#include "models/float_engine.hpp"
#include "models/network_size.hpp"
#include "models/ops/ops.hpp"
#include "models/stated_requantize.hpp"
#include "traces/trace_validate.hpp"

namespace turnpike::models {
namespace {

using traces::LayerEntry;
using traces::Op;
using traces::PostStep;
using traces::Program;
using traces::ProgramTensor;

class StatedLowering {
 public:
  StatedLowering(const Network& network, traces::Requantize::Rounding rounding)
      : network_{network}, rounding_{rounding} {}

  StatedProgram run() {
    for (Program* program : {&stated_.before, &stated_.program}) {
      program->network = network_.name();
      program->framework = "turnpike import";
      program->layout = network_.is_recurrent() ? "TC" : "NCHW";
      program->batch = network_.batch();
    }
    find_outside();
    for (std::size_t i = 0; i < network_.layers().size(); ++i) {
      if (!done_.contains(i)) {
        lower(i);
      }
    }
    return std::move(stated_);
  }

 private:
  /// The grid of a value that is held as codes.
  [[nodiscard]] const StatedGrid* grid_of(const std::string& value) const {
    const auto found = grids_.find(value);
    return found == grids_.end() ? nullptr : &found->second;
  }

  void find_outside() {
    outside_.insert(std::string{Network::kInput});
    for (const Layer& layer : network_.layers()) {
      const bool simple = layer.op == Op::affine || layer.op == Op::quantize;
      if (simple && !layer.fixed_point && outside_.contains(layer.inputs[0])) {
        outside_.insert(layer.name);
      }
    }
  }

  [[nodiscard]] bool is_outside(const Layer& layer) const { return outside_.contains(layer.name); }

  /// The quantize layer that alone reads a layer.
  [[nodiscard]] const Layer* sole_quantizer(const Layer& layer) const {
    const std::vector<std::size_t> readers = network_.consumers(layer.name);
    if (readers.size() != 1 || layer.is_recurrent() || layer.op == Op::quantize) {
      return nullptr;
    }
    const Layer& reader = network_.layers()[readers[0]];
    return reader.op == Op::quantize && !reader.fixed_point &&
                   is_outside(reader) == is_outside(layer)
               ? &reader
               : nullptr;
  }

  void lower(std::size_t index) {
    const Layer& layer = network_.layers()[index];
    if (layer.is_recurrent()) {
      throw FileError{{.file = network_.name()},
                      fmt::format("layer '{}': {} in a network that quantizes is not supported",
                                  layer.name, to_string(layer.op))};
    }
    outside_now_ = is_outside(layer);
    LayerEntry entry;
    entry.name = layer.name;
    entry.op = layer.op;
    entry.stride = layer.stride;
    entry.kernel = traces::format_of(layer.op).window == traces::Window::kernel ? layer.kernel
                                                                                : std::array{0, 0};
    if (entry.kernel == std::array{0, 0} && entry.op != Op::conv) {
      entry.stride = {1, 1};
    }
    entry.pad = layer.pad;
    entry.groups = layer.groups;
    for (const std::string& input : layer.inputs) {
      entry.inputs.push_back(operand(input));
    }
    if (layer.op == Op::add) {
      entry.skip = traces::SkipEdge{};
    }
    if (layer.is_array()) {
      add_weights(layer, entry);
    }
    if (!layer.fixed_point) {
      add_post(layer, entry);
    }
    const Layer* quantizer = layer.op == Op::quantize ? &layer : sole_quantizer(layer);
    if (quantizer != nullptr) {
      write_codes(layer, *quantizer, entry);
    } else if (!hand_through(layer, entry)) {
      write_real(layer, entry);
    }
    program().layers.push_back(std::move(entry));
  }

  void write_codes(const Layer& layer, const Layer& quantizer, LayerEntry& entry) {
    const StatedGrid& grid = *quantizer.grid;
    entry.output = quantizer.name + ".q";
    tensors_[quantizer.name] = entry.output;
    grids_[quantizer.name] = grid;
    declare(entry.output, quantizer.output_shape, &grid);
    if (&quantizer != &layer) {
      done_.insert(static_cast<std::size_t>(&quantizer - network_.layers().data()));
    }
    if (layer.fixed_point) {
      entry.requantize = stated_requantize(layer, input_grids(layer), grid, rounding_);
      if (!layer.bias_codes.empty()) {
        entry.requantize->bias = layer.name + ".bias_codes";
        parameter(entry.requantize->bias, {static_cast<std::int64_t>(layer.bias_codes.size())},
                  Tensor{{static_cast<std::int64_t>(layer.bias_codes.size())}, layer.bias_codes},
                  false);
      }
      if (layer.relu) {
        entry.post.push_back({PostStep::Kind::relu, ""});
      }
      if (layer.op != Op::quantize) {
        entry.post.push_back({PostStep::Kind::quantize, ""});
      }
      return;
    }
    if (grid.codes) {
      // A range narrower than the bits: the values are clipped, in a layer that has post steps.
      entry.op = layer.op == Op::quantize ? Op::affine : entry.op;
      entry.post.push_back({PostStep::Kind::clip, "",
                            grid.scale[0] * (static_cast<double>(grid.low()) - grid.zero_point),
                            grid.scale[0] * (static_cast<double>(grid.high()) - grid.zero_point)});
    }
    if (entry.op != Op::quantize) {
      entry.post.push_back({PostStep::Kind::quantize, ""});
    }
  }

  [[nodiscard]] std::vector<StatedGrid> input_grids(const Layer& layer) const {
    std::vector<StatedGrid> grids;
    for (const std::string& input : layer.inputs) {
      const StatedGrid* grid = grid_of(input);
      if (grid == nullptr) {
        throw FileError{{.file = network_.name()},
                        fmt::format("layer '{}' is requantized in integers, but '{}' holds real "
                                    "values",
                                    layer.name, input)};
      }
      grids.push_back(*grid);
    }
    return grids;
  }

  /// maxpool and concat of codes of one grid without steps.
  bool hand_through(const Layer& layer, LayerEntry& entry) {
    const bool passes =
        traces::format_of(layer.op).post == traces::PostRule::steps_or_codes && entry.post.empty();
    const StatedGrid* grid = grid_of(layer.inputs[0]);
    const bool alike =
        grid != nullptr &&
        std::all_of(layer.inputs.begin(), layer.inputs.end(), [&](const std::string& input) {
          return grid_of(input) != nullptr && *grid_of(input) == *grid;
        });
    if (!passes || !alike) {
      return false;
    }
    const StatedGrid same = *grid;
    entry.output = layer.name + ".q";
    tensors_[layer.name] = entry.output;
    grids_[layer.name] = same;
    declare(entry.output, layer.output_shape, &same);
    return true;
  }

  void write_real(const Layer& layer, LayerEntry& entry) {
    entry.output = layer.name + ".y";
    tensors_[layer.name] = entry.output;
    declare(entry.output, layer.output_shape, nullptr);
  }

  [[nodiscard]] Program& program() { return outside_now_ ? stated_.before : stated_.program; }

  /// The tensor that carries a value, declared in the program that reads it.
  std::string operand(const std::string& value) {
    const bool input = value == Network::kInput;
    const std::string name = input ? value : tensors_.at(value);
    if (!program().has_tensor(name)) {
      declare(name, network_.shape_of(value), grid_of(value));
      program().tensor(name).single = input;
    }
    return name;
  }

  void declare(const std::string& name, const TensorShape& shape, const StatedGrid* grid) {
    ProgramTensor tensor;
    tensor.name = name;
    tensor.shape = with_batch(shape, network_.batch());
    if (grid == nullptr) {
      tensor.kind = traces::TensorKind::floating;
    } else {
      set_grid(*grid, tensor);
    }
    program().add_tensor(std::move(tensor));
  }

  static void set_grid(const StatedGrid& grid, ProgramTensor& tensor) {
    tensor.kind = grid.kind;
    tensor.bits = grid.bits;
    tensor.is_signed = grid.is_signed;
    tensor.scale = grid.scale;
    tensor.zero_point = grid.zero_point;
    if (grid.scale.size() > 1) {
      tensor.axis = 0;
    }
  }

  void parameter(const std::string& name, const TensorShape& shape, Tensor data, bool real) {
    ProgramTensor tensor;
    tensor.name = name;
    tensor.shape = shape;
    tensor.kind = real ? traces::TensorKind::floating : traces::TensorKind::uniform;
    tensor.is_signed = !real;
    tensor.single = data.holds<float>();
    program().add_tensor(std::move(tensor));
    (outside_now_ ? stated_.before_parameters : stated_.parameters).put(name, std::move(data));
  }

  void add_weights(const Layer& layer, LayerEntry& entry) {
    const std::string name = layer.name + ".w";
    const TensorShape shape = layer.weight_shapes().at(0);
    entry.weights = {name};
    if (!layer.weight_grid) {
      parameter(name, shape, Tensor{shape, layer.weights}, true);
      return;
    }
    const StatedGrid& grid = *layer.weight_grid;
    const std::size_t fan_in = layer.weights.size() / static_cast<std::size_t>(shape[0]);
    std::vector<std::int32_t> codes(layer.weights.size());
    for (std::size_t i = 0; i < codes.size(); ++i) {
      codes[i] =
          static_cast<std::int32_t>(grid.code(static_cast<double>(layer.weights[i]), i / fan_in));
    }
    ProgramTensor tensor;
    tensor.name = name;
    tensor.shape = shape;
    set_grid(grid, tensor);
    stated_.parameters.put(
        name, smallest_integer_tensor(shape, codes, tensor.min_code(), tensor.max_code()));
    stated_.program.add_tensor(std::move(tensor));
  }

  void add_post(const Layer& layer, LayerEntry& entry) {
    const auto vector = [&](PostStep::Kind kind, const std::string& suffix,
                            const std::vector<float>& values) {
      if (!values.empty()) {
        const TensorShape shape{static_cast<std::int64_t>(values.size())};
        parameter(layer.name + suffix, shape, Tensor{shape, values}, true);
        entry.post.push_back({kind, layer.name + suffix});
      }
    };
    vector(PostStep::Kind::scale, ".scale", layer.scale);
    vector(PostStep::Kind::bias, ".bias", layer.bias);
    if (!layer.thresholds.empty()) {
      const std::int64_t channels = layer.output_channels();
      const TensorShape shape{channels,
                              static_cast<std::int64_t>(layer.thresholds.size()) / channels};
      const std::string name = layer.name + ".thresholds";
      parameter(name, shape, Tensor{shape, layer.thresholds}, true);
      entry.post.push_back({PostStep::Kind::thresholds, name});
      const auto all = [&](double value) {
        return std::vector<double>(static_cast<std::size_t>(channels), value);
      };
      if (layer.count_scale != 1.0) {
        parameter(layer.name + ".count.scale", {channels},
                  Tensor{{channels}, all(layer.count_scale)}, true);
        entry.post.push_back({PostStep::Kind::scale, layer.name + ".count.scale"});
      }
      if (layer.count_bias != 0.0) {
        parameter(layer.name + ".count.bias", {channels}, Tensor{{channels}, all(layer.count_bias)},
                  true);
        entry.post.push_back({PostStep::Kind::bias, layer.name + ".count.bias"});
      }
    }
    if (layer.relu) {
      entry.post.push_back({PostStep::Kind::relu, ""});
    }
    if (layer.clip) {
      entry.post.push_back({PostStep::Kind::clip, "", static_cast<double>(layer.clip->front()),
                            static_cast<double>(layer.clip->back())});
    }
  }

  const Network& network_;
  traces::Requantize::Rounding rounding_;
  StatedProgram stated_;
  std::set<std::string> outside_;
  bool outside_now_ = false;
  std::set<std::size_t> done_;                  ///< quantize layers that another layer took over
  std::map<std::string, std::string> tensors_;  ///< that carry the values
  std::map<std::string, StatedGrid> grids_;
};

}  // namespace

StatedProgram lower_stated(const Network& network, traces::Requantize::Rounding rounding) {
  network.check_complete();
  StatedProgram stated = StatedLowering{network, rounding}.run();
  const SourceSpot spot{.file = network.name()};
  if (stated.program.layers.empty()) {
    throw FileError{spot, "has no layer that runs on the accelerator"};
  }
  for (const Program* program : {&stated.before, &stated.program}) {
    for (const ProgramTensor& tensor : program->tensors()) {
      traces::validate_outline(tensor, {tensor.shape, tensor.is_float(), "real values"}, spot);
    }
    if (!program->layers.empty()) {
      traces::validate_structure(*program, spot);
    }
  }
  return stated;
}

traces::Activations stated_inputs(const StatedProgram& stated, const Network& network) {
  traces::Activations input;
  input.put(std::string{Network::kInput},
            Tensor{with_batch(network.input_shape(), network.batch()), network.input()});
  if (stated.before.layers.empty()) {
    return input;
  }
  traces::Activations made =
      execute(stated.before, stated.before_parameters, std::move(input), Keep::all);
  traces::Activations inputs;
  for (const ProgramTensor& tensor : stated.program.tensors()) {
    if (made.has(tensor.name)) {
      inputs.put(tensor.name, made.take(tensor.name));
    }
  }
  return inputs;
}

traces::Trace stated_trace(const Network& network, traces::Requantize::Rounding rounding) {
  StatedProgram stated = lower_stated(network, rounding);
  Execution execution{stated.program, stated.parameters, stated_inputs(stated, network), Keep::all};
  for (std::size_t i = 0; i < stated.program.layers.size(); ++i) {
    try {
      execution.run_layer(i);
    } catch (const std::bad_alloc&) {
      throw out_of_memory(network, stated.program.layers[i].name);
    }
  }
  return traces::Trace{stated.program, std::move(stated.parameters), std::move(execution).take()};
}

LayerBits stated_bits(const Network& network, const Layer& layer) {
  constexpr int kReal = 32;
  LayerBits bits{.weight = layer.weight_grid ? layer.weight_grid->bits : kReal,
                 .activation = kReal};
  std::string value = layer.inputs.at(0);
  while (value != Network::kInput) {
    const Layer& maker = network.layer(value);
    if (maker.grid) {
      bits.activation = maker.grid->bits;
      break;
    }
    if (maker.op != Op::maxpool && maker.op != Op::concat) {
      break;
    }
    value = maker.inputs[0];
  }
  return bits;
}

}  // namespace turnpike::models
