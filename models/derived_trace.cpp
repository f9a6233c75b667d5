#include "models/derived_trace.hpp"

#include <algorithm>
#include <map>
#include <optional>

#include <fmt/format.h>

#include "models/activation_quantizer.hpp"
#include "models/engine.hpp"
#include "models/highway.hpp"
#include "models/operands.hpp"
#include "sim/base/error.hpp"
#include "traces/trace_validate.hpp"

namespace turnpike::models {
namespace {

using traces::LayerEntry;
using traces::Op;
using traces::PostStep;
using traces::Program;
using traces::ProgramTensor;
using traces::TensorKind;
using traces::Trace;

constexpr int kFloatBits = 32;

[[noreturn]] void refuse(const traces::Graph& graph, const LayerEntry& layer,
                         const std::string& what) {
  throw InputError{
      {.file = graph.network},
      fmt::format("layer '{}' {}: export the trace with and without a highway", layer.name, what)};
}

/// Multipliers of an integer requantization hold for the grids they were made for.
void check_requantized(const Program& before, const Program& after) {
  for (const LayerEntry& layer : after.layers) {
    if (!layer.requantize) {
      continue;
    }
    std::vector<std::string> names = layer.inputs;
    names.push_back(layer.output);
    for (const std::string& name : names) {
      traces::TensorDeclaration is = after.tensor(name);
      traces::TensorDeclaration was = is;
      if (before.has_tensor(name)) {
        was = before.tensor(name);
      }
      is.highway = was.highway = false;
      const auto own =
          std::find_if(before.layers.begin(), before.layers.end(),
                       [&layer](const LayerEntry& each) { return each.name == layer.name; });
      if (is != was || own == before.layers.end() || own->inputs != layer.inputs) {
        refuse(after, layer,
               fmt::format("requantizes in integers, by multipliers for its own widths, and '{}' "
                           "would have {} bits there",
                           name, is.bits));
      }
    }
  }
}

/// Runs programs on what a trace was run on.
class Rerun {
 public:
  explicit Rerun(const Trace& trace) : parts_{Trace{trace}.split()} {}

  [[nodiscard]] const Program& program() const { return parts_.program; }

  [[nodiscard]] traces::Activations run(const Program& program) const {
    traces::Activations inputs;
    for (const ProgramTensor& tensor : parts_.program.tensors()) {
      if (parts_.activations.has(tensor.name) && !program.producer(tensor.name) &&
          !is_state(program, tensor.name)) {
        inputs.put(tensor.name, parts_.activations.at(tensor.name));
      }
    }
    return execute(program, parts_.parameters, std::move(inputs), Keep::all);
  }

  [[nodiscard]] Trace trace(const Program& program) const {
    return Trace{program, parts_.parameters, run(program)};
  }

  /// What the trace holds.
  [[nodiscard]] const Tensor& recorded(const std::string& tensor) const {
    return parts_.activations.at(tensor);
  }
  [[nodiscard]] std::vector<float> recorded_reals(const std::string& tensor) const {
    const std::vector<double> reals = real_values({program().tensor(tensor), recorded(tensor)});
    return {reals.begin(), reals.end()};
  }

  /// Recurrent layers are run with the state they make. Refused, unless that is the trace's.
  void check_states() const {
    if (std::none_of(program().layers.begin(), program().layers.end(),
                     [](const LayerEntry& layer) { return layer.recurrent.has_value(); })) {
      return;
    }
    const traces::Activations own = run(program());
    for (const LayerEntry& layer : program().layers) {
      if (!layer.recurrent) {
        continue;
      }
      const std::string& state = layer.inputs.at(1);
      if (program().tensor(state).is_float()) {
        refuse(program(), layer, "reads its state '" + state + "' in floating point");
      }
      if (!(own.at(state).converted<double>() == recorded(state).converted<double>())) {
        refuse(program(), layer,
               fmt::format("reads the state '{}', which is not its output of the step before, "
                           "from 0, quantized",
                           state));
      }
    }
  }

 private:
  /// The state that a recurrent layer reads, which it makes if it is not given.
  [[nodiscard]] static bool is_state(const Program& program, const std::string& tensor) {
    return std::any_of(program.layers.begin(), program.layers.end(), [&](const LayerEntry& layer) {
      return layer.recurrent && layer.inputs.at(1) == tensor;
    });
  }

  Trace::Parts parts_;
};

/// Sets the scale of a signed tensor to the one of least squared error on these values.
void fit(ProgramTensor& tensor, const Tensor& values) {
  const std::vector<float> reals = values.converted<float>();
  const double clip = best_clip(ValueHistogram{reals}, Grid::symmetric, tensor.bits);
  tensor.scale = {uniform_grid(Grid::symmetric, tensor.bits, clip).scale};
  tensor.zero_point = 0.0;
}

/// Array layers that read the output of a recurrent layer are to read its codes, also when it is
/// wide: they get a quantize layer.
void keep_codes_of_states(Program& program, const HighwayWanted& wanted) {
  for (std::size_t i = 0; i < program.layers.size(); ++i) {
    const LayerEntry layer = program.layers[i];
    const ProgramTensor output = program.tensor(layer.output);
    if (!layer.recurrent || output.is_float() || output.highway || output.bits >= wanted.bits ||
        !is_chosen(layer.name, wanted.edges)) {
      continue;
    }
    LayerEntry quantizer;
    quantizer.name = layer.output + ".quant";
    quantizer.op = Op::quantize;
    quantizer.inputs = {layer.output};
    quantizer.output = layer.output + ".codes";
    bool needed = false;
    for (const std::size_t reader : program.consumers(layer.output)) {
      if (!program.layers[reader].weights.empty()) {
        program.layers[reader].inputs[0] = quantizer.output;
        needed = true;
      }
    }
    if (needed) {
      ProgramTensor codes = output;
      codes.name = quantizer.output;
      program.add_tensor(std::move(codes));
      program.layers.insert(program.layers.begin() + static_cast<std::ptrdiff_t>(i) + 1, quantizer);
    }
  }
}

/// Real values have no grid; what has become real may still state the one it had.
void clear_grids_of_reals(Program& program) {
  for (const ProgramTensor& each : program.tensors()) {
    if (each.is_float()) {
      ProgramTensor& tensor = program.tensor(each.name);
      tensor.scale = {1.0};
      tensor.zero_point = 0.0;
      tensor.axis.reset();
      tensor.is_signed = false;
    }
  }
}

bool has_highway(const LayerEntry& layer) {
  return (layer.skip && layer.skip->highway) || (layer.recurrent && layer.recurrent->highway);
}

Trace with(const Trace& trace, const HighwayWanted& wanted) {
  const Rerun rerun{trace};
  rerun.check_states();
  QuantizedGraph graph;
  graph.program = rerun.program();
  graph.program.highway = {true, wanted.bits};
  keep_codes_of_states(graph.program, wanted);
  for (const ProgramTensor& tensor : graph.program.tensors()) {
    graph.plans[tensor.name].value = tensor.name;
  }
  QuantizedGraph floating = graph;
  apply_highway(graph, wanted.bits, wanted.edges);
  clear_grids_of_reals(graph.program);
  if (std::none_of(graph.program.layers.begin(), graph.program.layers.end(), has_highway)) {
    throw InputError{
        {.file = trace.network},
        fmt::format("has no skip or state of codes narrower than a highway of {} bits that "
                    "'highway.edges' names",
                    wanted.bits)};
  }
  check_requantized(rerun.program(), graph.program);
  if (wanted.bits != kFloatBits) {
    apply_highway(floating, kFloatBits, wanted.edges);
    clear_grids_of_reals(floating.program);
    const traces::Activations values = rerun.run(floating.program);
    for (const ProgramTensor& tensor : graph.program.tensors()) {
      if (tensor.highway) {
        fit(graph.program.tensor(tensor.name), values.at(tensor.name));
      }
    }
  }
  return rerun.trace(graph.program);
}

/// Takes a recurrent layer off the highway.
void narrow(Program& program, LayerEntry& layer, const Rerun& trace) {
  const ProgramTensor state = program.tensor(layer.inputs.at(1));
  traces::Recurrent& cell = *layer.recurrent;
  cell.highway = false;
  const auto named = [&](std::string& name, const char* suffix) -> ProgramTensor& {
    if (name.empty()) {
      name = layer.name + suffix;
      ProgramTensor tensor;
      tensor.name = name;
      program.add_tensor(std::move(tensor));
    }
    return program.tensor(name);
  };
  const auto declare = [](ProgramTensor& tensor, const UniformGrid& grid, int bits, bool sign) {
    tensor.kind = TensorKind::uniform;
    tensor.bits = bits;
    tensor.scale = {grid.scale};
    tensor.zero_point = grid.zero_point;
    tensor.is_signed = sign;
    tensor.axis.reset();
    tensor.highway = false;
  };
  declare(named(cell.gates, ".gates"), uniform_grid(Grid::symmetric, state.bits + 1, 1.0),
          state.bits + 1, true);
  if (layer.op == Op::lstm) {
    if (cell.cell.empty()) {
      refuse(program, layer, "has no recorded cell, whose range would set its scale");
    }
    const std::vector<float> values = trace.recorded_reals(cell.cell);
    const double clip = best_clip(ValueHistogram{values}, Grid::fractional, state.bits);
    declare(program.tensor(cell.cell), uniform_grid(Grid::fractional, state.bits, clip), state.bits,
            false);
  }
  ProgramTensor& output = program.tensor(layer.output);
  const std::string name = output.name;
  const TensorShape shape = output.shape;
  static_cast<traces::TensorDeclaration&>(output) = state;
  output.name = name;
  output.shape = shape;
  output.single = output.highway = false;
}

/// Takes a program's skips off the highway.
class Narrowing {
 public:
  explicit Narrowing(Program& program) : program_{program} {}

  /// Wide tensors that need a scale of their own, now floating, and the bits they are to have.
  std::map<std::string, int> run() {
    std::map<std::string, int> narrowed;
    for (std::size_t i = 0; i < program_.layers.size(); ++i) {
      LayerEntry& add = program_.layers[i];
      if (!add.skip || !add.skip->highway) {
        continue;
      }
      add.skip->highway = false;
      const std::string wide = add.inputs.at(1);
      if (const auto quantizer = widest_quantizer(wide)) {
        add.inputs[1] = program_.layers[*quantizer].output;
        i += move_before(*quantizer, i);
      } else if (program_.tensor(wide).highway && can_be_real(wide)) {
        narrowed[wide] = operand_bits(wide);
      }
    }
    for (const ProgramTensor& tensor : program_.tensors()) {
      if (tensor.highway && can_be_real(tensor.name)) {
        make_floating(tensor.name);
      }
      // Else some layer needs its codes: a tensor like any other.
      program_.tensor(tensor.name).highway = false;
    }
    return narrowed;
  }

 private:
  /// The quantize layer that makes the widest codes of a tensor.
  [[nodiscard]] std::optional<std::size_t> widest_quantizer(const std::string& wide) const {
    std::optional<std::size_t> widest;
    for (const std::size_t reader : program_.consumers(wide)) {
      const auto bits = [&](std::size_t layer) {
        return program_.tensor(program_.layers[layer].output).bits;
      };
      if (program_.layers[reader].op == Op::quantize && (!widest || bits(reader) > bits(*widest))) {
        widest = reader;
      }
    }
    return widest;
  }

  /// Puts a layer that stands behind its new reader before it; returns by how many layers the
  /// reader moved back.
  std::size_t move_before(std::size_t layer, std::size_t reader) {
    if (layer < reader) {
      return 0;
    }
    const auto at = [this](std::size_t i) {
      return program_.layers.begin() + static_cast<std::ptrdiff_t>(i);
    };
    std::rotate(at(reader), at(layer), at(layer + 1));
    return 1;
  }

  /// Of the codes that the layer reads which makes a tensor.
  [[nodiscard]] int operand_bits(const std::string& tensor) const {
    const auto producer = program_.producer(tensor);
    if (producer) {
      const ProgramTensor& read = program_.tensor(program_.layers[*producer].inputs.at(0));
      if (!read.is_float()) {
        return read.bits;
      }
    }
    throw InputError{{.file = program_.network},
                     fmt::format("nothing says how many bits '{}' has without a highway", tensor)};
  }

  /// A layer that hands codes on as they are.
  [[nodiscard]] static bool hands_on(const LayerEntry& layer) {
    return (layer.op == Op::maxpool || layer.op == Op::concat) && layer.post.empty();
  }

  /// Its readers take real values: layers of the post-processing unit, none of which, nor a reader
  /// of what one hands on, is an array layer.
  [[nodiscard]] bool can_be_real(const std::string& name) const {
    const std::vector<std::size_t> readers = program_.consumers(name);
    return std::all_of(readers.begin(), readers.end(), [&](std::size_t reader) {
      const LayerEntry& layer = program_.layers[reader];
      return layer.weights.empty() &&
             (!hands_on(layer) || (layer.op == Op::maxpool && can_be_real(layer.output)));
    });
  }

  void make_floating(const std::string& name) {
    for (const std::size_t reader : program_.consumers(name)) {
      if (hands_on(program_.layers[reader])) {
        make_floating(program_.layers[reader].output);
      }
    }
    ProgramTensor& tensor = program_.tensor(name);
    tensor.kind = TensorKind::floating;
    tensor.bits = kFloatBits;
    tensor.scale = {1.0};
    tensor.zero_point = 0.0;
    tensor.is_signed = false;
    tensor.single = false;
    if (const auto producer = program_.producer(name)) {
      std::erase_if(program_.layers[*producer].post,
                    [](const PostStep& step) { return step.kind == PostStep::Kind::quantize; });
    }
  }

  Program& program_;
};

Trace without(const Trace& trace) {
  const Rerun rerun{trace};
  rerun.check_states();
  Program program = rerun.program();
  program.highway.enabled = false;
  for (std::size_t i = 0; i < program.layers.size(); ++i) {
    LayerEntry& layer = program.layers[i];
    if (layer.recurrent && program.tensor(layer.output).highway) {
      narrow(program, layer, rerun);
    }
  }
  const std::map<std::string, int> narrowed = Narrowing{program}.run();
  check_requantized(rerun.program(), program);
  if (!narrowed.empty()) {
    const traces::Activations values = rerun.run(program);
    for (const auto& [name, bits] : narrowed) {
      ProgramTensor& tensor = program.tensor(name);
      tensor.kind = TensorKind::uniform;
      tensor.bits = bits;
      tensor.is_signed = true;
      fit(tensor, values.at(name));
      program.layers[program.producer(name).value()].post.push_back(
          {.kind = PostStep::Kind::quantize, .tensor = ""});
    }
  }
  return rerun.trace(program);
}

}  // namespace

Trace with_highway_as(const Trace& trace, const HighwayWanted& wanted) {
  Trace derived = wanted.enabled ? with(trace, wanted) : without(trace);
  traces::validate_trace(derived, {trace.network});
  return derived;
}

}  // namespace turnpike::models
