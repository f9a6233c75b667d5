#include "traces/trace_summary.hpp"

#include <algorithm>
#include <cmath>
#include <span>

#include <fmt/format.h>

#include "sim/base/digest.hpp"
#include "sim/base/text.hpp"
#include "traces/trace_json.hpp"
#include "traces/trace_validate.hpp"

namespace turnpike::traces {
namespace {

/// What the edges of a layer say of the highway, where the tensors say otherwise. The tensors
/// decide.
void note_edges(const Trace& trace, const LayerEntry& layer, std::vector<std::string>& notes) {
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
std::vector<std::string> notes_of(const Trace& trace) {
  std::vector<std::string> notes;
  if (!trace.highway.enabled) {
    return notes;
  }
  const auto carries = [&trace](const TensorEntry& tensor) {
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
template <class T>
std::int64_t zeros_in(const TensorDeclaration& tensor, std::span<const T> values) {
  const double zero = tensor.is_float() ? 0.0 : tensor.zero_point;
  const T code = std::trunc(zero) == zero && std::fabs(zero) <= 0x1.0p32
                     ? static_cast<T>(static_cast<std::int64_t>(zero))
                     : T{0};
  if (static_cast<double>(code) != zero) {
    return 0;  // no element of this type has the value
  }
  return std::count(values.begin(), values.end(), code);
}

/// A trace's digest begins with its program, and a tensor's part with what is said of it.
void add_head(const TensorEntry& tensor, Digest& digest) {
  digest.add(fmt::format("{} {} {}", tensor.name, tensor.data.type_name(),
                         to_string(tensor.data.shape())));
}

template <class T>
void add_elements(std::span<const T> values, Digest& digest) {
  digest.add({reinterpret_cast<const char*>(values.data()), values.size_bytes()});
}

LayerSummary summarize_layer(const Trace& trace, const LayerEntry& layer, const TraceScan& scan) {
  const TensorEntry& input = trace.tensor(layer.inputs.at(0));
  const TensorEntry& output = trace.tensor(layer.output);
  LayerSummary summary{.name = layer.name,
                       .op = layer.op,
                       .output_shape = output.data.shape(),
                       .macs = macs_of(trace, layer),
                       .weight_bits = std::nullopt,
                       .input_bits = input.bits,
                       .output_bits = output.bits,
                       .input_zeros = std::nullopt};
  if (!layer.weights.empty()) {
    summary.weight_bits = trace.tensor(layer.weights.front()).bits;
    const auto known = scan.zeros.find(input.name);
    summary.input_zeros = known != scan.zeros.end() ? known->second : zero_fraction(input);
  }
  return summary;
}

}  // namespace

std::int64_t macs_of(const Trace& trace, const LayerEntry& layer) {
  const OpFormat& format = format_of(layer.op);
  if (format.macs == nullptr) {
    return 0;
  }
  std::vector<TensorShape> weights;
  for (const std::string& name : layer.weights) {
    weights.push_back(trace.tensor(name).data.shape());
  }
  return format.macs(trace.tensor(layer.output).data.shape(), weights);
}

double zero_fraction(const TensorEntry& tensor) {
  if (tensor.data.empty()) {
    return 0.0;
  }
  std::int64_t zeros = 0;
  tensor.data.for_each_piece(
      [&](const auto& values, std::int64_t) { zeros += zeros_in(tensor, values); });
  return static_cast<double>(zeros) / static_cast<double>(tensor.data.size());
}

TraceScan scan_trace(const Trace& trace, const SourceSpot& spot,
                     const std::function<void(const TensorEntry&)>& done) {
  TraceScan scan;
  Digest digest;
  digest.add(trace_json(trace.program()));
  for (const TensorEntry& tensor : trace.tensors()) {
    add_head(tensor, digest);
    std::int64_t zeros = 0;
    tensor.data.for_each_piece([&](const auto& values, std::int64_t first) {
      validate_piece(tensor, values, first, spot);
      zeros += zeros_in(tensor, values);
      add_elements(values, digest);
    });
    const auto size = static_cast<double>(std::max<std::int64_t>(1, tensor.data.size()));
    scan.zeros[tensor.name] = static_cast<double>(zeros) / size;
    if (done) {
      done(tensor);
    }
  }
  scan.digest = digest.text();
  return scan;
}

TraceSummary summarize(const Trace& trace) {
  return summarize(trace, {});
}

TraceSummary summarize(const Trace& trace, const TraceScan& scan) {
  TraceSummary summary;
  summary.network = trace.network;
  summary.source = trace.source;
  summary.layout = trace.layout;
  summary.batch = trace.batch;
  summary.highway = trace.highway;
  for (const LayerEntry& layer : trace.layers) {
    summary.layers.push_back(summarize_layer(trace, layer, scan));
    summary.macs += summary.layers.back().macs;
  }
  for (const TensorEntry& tensor : trace.tensors()) {
    ++summary.tensors;
    summary.bytes += tensor.data.bytes();
    if (tensor.is_float()) {
      ++summary.float_tensors;
    } else {
      ++summary.tensors_of_bits[tensor.bits];
    }
    if (tensor.highway) {
      summary.highway_tensors.push_back(tensor.name);
    }
  }
  summary.notes = notes_of(trace);
  return summary;
}

std::string trace_digest(const Trace& trace) {
  Digest digest;
  digest.add(trace_json(trace.program()));
  for (const TensorEntry& tensor : trace.tensors()) {
    add_head(tensor, digest);
    tensor.data.for_each_piece(
        [&digest](const auto& values, std::int64_t) { add_elements(values, digest); });
  }
  return digest.text();
}

}  // namespace turnpike::traces
