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

void check(const Trace& trace) {
  const auto refuse = [&](const LayerEntry& layer, const char* what) {
    throw InputError{{.file = trace.network},
                     fmt::format("layer '{}' {}: export the trace with and without a highway",
                                 layer.name, what)};
  };
  for (const LayerEntry& layer : trace.layers) {
    if (layer.recurrent) {
      refuse(layer, "is recurrent, and a trace has the grid of its gates only where they have one");
    }
    if (layer.requantize) {
      refuse(layer, "requantizes in integers, whose multipliers hold for its own widths");
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
      if (parts_.activations.has(tensor.name) && !program.producer(tensor.name)) {
        inputs.put(tensor.name, parts_.activations.at(tensor.name));
      }
    }
    return execute(program, parts_.parameters, std::move(inputs), Keep::all);
  }

  [[nodiscard]] Trace trace(const Program& program) const {
    return Trace{program, parts_.parameters, run(program)};
  }

 private:
  Trace::Parts parts_;
};

/// Sets the scale of a signed tensor to the one of least squared error on these values.
void fit(ProgramTensor& tensor, const Tensor& values) {
  const std::vector<float> reals = values.converted<float>();
  const double clip = best_clip(ValueHistogram{reals}, Grid::symmetric, tensor.bits);
  tensor.scale = {uniform_grid(Grid::symmetric, tensor.bits, clip).scale};
  tensor.zero_point = 0.0;
}

Trace with(const Trace& trace, const HighwayWanted& wanted) {
  const Rerun rerun{trace};
  QuantizedGraph graph;
  graph.program = rerun.program();
  graph.program.highway = {true, wanted.bits};
  for (const ProgramTensor& tensor : graph.program.tensors()) {
    graph.plans[tensor.name].value = tensor.name;
  }
  QuantizedGraph floating = graph;
  apply_highway(graph, wanted.bits, wanted.edges);
  if (std::none_of(graph.program.layers.begin(), graph.program.layers.end(),
                   [](const LayerEntry& layer) { return layer.skip && layer.skip->highway; })) {
    throw InputError{{.file = trace.network},
                     fmt::format("has no skip of codes narrower than a highway of {} bits that "
                                 "'highway.edges' names",
                                 wanted.bits)};
  }
  if (wanted.bits != traces::kFloatBits) {
    apply_highway(floating, traces::kFloatBits, wanted.edges);
    const traces::Activations values = rerun.run(floating.program);
    for (const ProgramTensor& tensor : graph.program.tensors()) {
      if (tensor.highway) {
        fit(graph.program.tensor(tensor.name), values.at(tensor.name));
      }
    }
  }
  return rerun.trace(graph.program);
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
      } else if (can_be_real(wide)) {
        narrowed[wide] = operand_bits(wide);
      }
    }
    for (const LayerEntry& layer : program_.layers) {
      if (layer.op == Op::concat) {
        narrow_join(layer, narrowed);
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
  /// A join of wide maps, and what it joins.
  void narrow_join(const LayerEntry& join, std::map<std::string, int>& narrowed) const {
    std::vector<std::string> tensors = join.inputs;
    tensors.push_back(join.output);
    for (const std::string& name : tensors) {
      if (program_.tensor(name).highway && can_be_real(name)) {
        narrowed.emplace(name, operand_bits(name));
      }
    }
  }

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

  /// Of the codes that the layer reads which makes a tensor; of a sum in a pre-activation block,
  /// those that the batch norm behind it writes.
  [[nodiscard]] int operand_bits(const std::string& tensor) const {
    const auto producer = program_.producer(tensor);
    if (producer) {
      const ProgramTensor& read = program_.tensor(program_.layers[*producer].inputs.at(0));
      if (!read.is_float()) {
        return read.bits;
      }
    }
    int widest = 0;
    for (const std::size_t reader : program_.consumers(tensor)) {
      const ProgramTensor& written = program_.tensor(program_.layers[reader].output);
      if (program_.layers[reader].op == Op::affine && !written.is_float()) {
        widest = std::max(widest, written.bits);
      }
    }
    if (widest > 0) {
      return widest;
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
    tensor.bits = traces::kFloatBits;
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
  Program program = rerun.program();
  program.highway.enabled = false;
  const std::map<std::string, int> narrowed = Narrowing{program}.run();
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
  check(trace);
  Trace derived = wanted.enabled ? with(trace, wanted) : without(trace);
  traces::validate_trace(derived, {trace.network});
  return derived;
}

}  // namespace turnpike::models
