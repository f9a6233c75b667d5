#include "traces/trace_summary.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <type_traits>

#include <fmt/format.h>

#include "sim/base/digest.hpp"
#include "sim/base/text.hpp"
#include "traces/trace_json.hpp"
#include "traces/trace_validate.hpp"

namespace turnpike::traces {
namespace {

/// What the edges of a layer say of the highway, where the tensors say otherwise. The tensors
/// decide.
void note_edges(const Program& trace, const LayerEntry& layer, std::vector<std::string>& notes) {
  if (layer.op == Op::add && layer.inputs.size() > 1) {
    const bool said = layer.skip && layer.skip->highway;
    const bool marked = trace.tensor(layer.inputs[1]).highway;
    if (said && !marked) {
      notes.push_back(
          fmt::format("layer '{}': the skip is on the highway, but its input '{}' is "
                      "not marked so",
                      layer.name, layer.inputs[1]));
    } else if (marked && !said) {
      notes.push_back(
          fmt::format("layer '{}': its input '{}' is marked as highway, but the skip is not; the "
                      "tensor decides",
                      layer.name, layer.inputs[1]));
    }
  }
  if (layer.recurrent && layer.recurrent->highway && !trace.tensor(layer.output).highway) {
    notes.push_back(
        fmt::format("layer '{}' is on the highway, but its output '{}' is not marked so",
                    layer.name, layer.output));
  }
}

/// Highway tensors that nothing carries forward; see TraceSummary::notes.
std::vector<std::string> notes_of(const Program& trace) {
  std::vector<std::string> notes;
  if (!trace.highway.enabled) {
    return notes;
  }
  const auto carries = [&trace](const ProgramTensor& tensor) {
    return tensor.highway &&
           (trace.producer(tensor.name) || !trace.consumers(tensor.name).empty() ||
            std::any_of(trace.layers.begin(), trace.layers.end(), [&](const LayerEntry& layer) {
              return layer.recurrent && layer.recurrent->cell == tensor.name;
            }));
  };
  if (std::none_of(trace.tensors().begin(), trace.tensors().end(), carries)) {
    notes.push_back(fmt::format(
        "the trace has a highway of {} bits, but no tensor that a layer reads or writes is marked "
        "as highway: it will cost nothing",
        trace.highway.bits));
  }
  for (const LayerEntry& layer : trace.layers) {
    note_edges(trace, layer, notes);
  }
  return notes;
}

/// Elements whose real value is 0.
std::int64_t zeros_in(const TensorDeclaration& tensor, const Tensor& piece) {
  const double zero = tensor.is_float() ? 0.0 : tensor.zero_point;
  return piece.visit([zero](const auto& values) -> std::int64_t {
    using T = typename std::decay_t<decltype(values)>::value_type;
    const T code = std::trunc(zero) == zero && std::fabs(zero) <= 0x1.0p32
                       ? static_cast<T>(static_cast<std::int64_t>(zero))
                       : T{0};
    if (static_cast<double>(code) != zero) {
      return 0;  // no element of this type has the value
    }
    return std::count(values.begin(), values.end(), code);
  });
}

void add_elements(const Tensor& piece, Digest& digest) {
  piece.visit([&digest](const auto& values) {
    digest.add({reinterpret_cast<const char*>(values.data()), values.size() * sizeof(values[0])});
  });
}

std::int64_t macs_by_shape(const LayerEntry& layer,
                           const std::function<TensorShape(const std::string&)>& shape_of) {
  const OpFormat& format = format_of(layer.op);
  if (format.macs == nullptr) {
    return 0;
  }
  std::vector<TensorShape> weights;
  for (const std::string& name : layer.weights) {
    weights.push_back(shape_of(name));
  }
  return format.macs(shape_of(layer.output), weights);
}

LayerSummary summarize_layer(const Program& program, const LayerEntry& layer,
                             const TraceScan& scan) {
  const ProgramTensor& input = program.tensor(layer.inputs.at(0));
  const ProgramTensor& output = program.tensor(layer.output);
  LayerSummary summary{
      .name = layer.name,
      .op = layer.op,
      .output_shape = output.shape,
      .macs = macs_by_shape(
          layer, [&program](const std::string& tensor) { return program.tensor(tensor).shape; }),
      .weight_bits = std::nullopt,
      .input_bits = input.bits,
      .output_bits = output.bits,
      .input_zeros = std::nullopt};
  if (!layer.weights.empty()) {
    summary.weight_bits = program.tensor(layer.weights.front()).bits;
    summary.input_zeros = scan.zeros.at(input.name);
  }
  return summary;
}

}  // namespace

std::int64_t macs_of(const Trace& trace, const LayerEntry& layer) {
  return macs_by_shape(
      layer, [&trace](const std::string& tensor) { return trace.tensor(tensor).data.shape(); });
}

double zero_fraction(const TensorEntry& tensor) {
  return tensor.data.empty() ? 0.0
                             : static_cast<double>(zeros_in(tensor, tensor.data)) /
                                   static_cast<double>(tensor.data.size());
}

TraceScan scan_trace(const OpenTrace& trace,
                     const std::function<void(const std::string& tensor)>& done) {
  TraceScan scan;
  Digest digest;
  digest.add(trace_json(trace.program()));
  for (const ProgramTensor& tensor : trace.program().tensors()) {
    digest.add(fmt::format("{} {} {}", tensor.name, trace.type_name(tensor.name),
                           to_string(tensor.shape)));
    std::int64_t zeros = 0;
    trace.pieces(tensor.name, [&](const Tensor& piece, std::int64_t first) {
      validate_piece(tensor, piece, first, trace.spot());
      zeros += zeros_in(tensor, piece);
      add_elements(piece, digest);
    });
    const std::int64_t size = std::max<std::int64_t>(1, element_count(tensor.shape));
    scan.zeros[tensor.name] = static_cast<double>(zeros) / static_cast<double>(size);
    if (done) {
      done(tensor.name);
    }
  }
  scan.digest = digest.text();
  return scan;
}

TraceSummary summarize(const Trace& trace) {
  TraceScan scan;
  for (const LayerEntry& layer : trace.layers) {
    if (!layer.weights.empty()) {
      const TensorEntry& input = trace.tensor(layer.inputs.at(0));
      scan.zeros[input.name] = zero_fraction(input);
    }
  }
  return summarize(OpenTrace{trace}, scan);
}

TraceSummary summarize(const OpenTrace& trace, const TraceScan& scan) {
  const Program& program = trace.program();
  TraceSummary summary;
  summary.network = program.network;
  summary.source = program.source;
  summary.layout = program.layout;
  summary.batch = program.batch;
  summary.highway = program.highway;
  for (const LayerEntry& layer : program.layers) {
    summary.layers.push_back(summarize_layer(program, layer, scan));
    summary.macs += summary.layers.back().macs;
  }
  for (const ProgramTensor& tensor : program.tensors()) {
    ++summary.tensors;
    summary.bytes += trace.bytes(tensor.name);
    if (tensor.is_float()) {
      ++summary.float_tensors;
    } else {
      ++summary.tensors_of_bits[tensor.bits];
    }
    if (tensor.highway) {
      summary.highway_tensors.push_back(tensor.name);
    }
  }
  summary.notes = notes_of(program);
  return summary;
}

std::string trace_digest(const Trace& trace) {
  Digest digest;
  digest.add(trace_json(trace.program()));
  for (const TensorEntry& tensor : trace.tensors()) {
    digest.add(fmt::format("{} {} {}", tensor.name, tensor.data.type_name(),
                           to_string(tensor.data.shape())));
    add_elements(tensor.data, digest);
  }
  return digest.text();
}

}  // namespace turnpike::traces
