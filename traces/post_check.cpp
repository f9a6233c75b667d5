#include <fmt/format.h>

#include "traces/trace_validate.hpp"

namespace turnpike::traces {
namespace {

/// The same codes stand for the same real values.
bool same_codes(const TensorEntry& a, const TensorEntry& b) {
  return a.kind == b.kind && a.bits == b.bits && a.is_signed == b.is_signed && a.scale == b.scale &&
         a.zero_point == b.zero_point;
}

/// maxpool and concat hand codes through unchanged, if both sides mean the same by them.
bool passes_codes(const Trace& trace, const LayerEntry& layer) {
  if ((layer.op != Op::maxpool && layer.op != Op::concat) || !layer.post.empty()) {
    return false;
  }
  for (const std::string& input : layer.inputs) {
    if (!same_codes(trace.tensor(input), trace.tensor(layer.output))) {
      return false;
    }
  }
  return true;
}

void check_parameter(const Trace& trace, const Shapes& shapes, const LayerEntry& layer,
                     const PostStep& step, const SourceSpot& spot) {
  const TensorEntry& parameter = trace.tensor(step.tensor);
  const std::int64_t channels = shapes.at(layer.output).at(1);
  if (!parameter.is_float()) {
    fail_layer(layer, spot, fmt::format("post tensor '{}' must be of kind float", step.tensor));
  }
  if (shapes.at(step.tensor) != TensorShape{channels}) {
    fail_layer(layer, spot,
               fmt::format("post tensor '{}' has shape {}, expected [{}], one value "
                           "per output channel",
                           step.tensor, to_string(shapes.at(step.tensor)), channels));
  }
}

/// Ops whose outputs take their codes from the tensor entry alone, without post steps.
bool quantizes_by_itself(Op op) {
  return op == Op::lstm || op == Op::gru || op == Op::quantize;
}

}  // namespace

void validate_post(const Trace& trace, const Shapes& shapes, const LayerEntry& layer,
                   const SourceSpot& spot) {
  const TensorEntry& output = trace.tensor(layer.output);
  if (quantizes_by_itself(layer.op)) {
    if (!layer.post.empty()) {
      fail_layer(layer, spot, fmt::format("op {} takes no post steps", to_string(layer.op)));
    }
    if (layer.op == Op::quantize && output.is_float()) {
      fail_layer(layer, spot,
                 fmt::format("output '{}' of op quantize is of kind float", output.name));
    }
    return;
  }
  bool quantized = false;
  for (const PostStep& step : layer.post) {
    if (quantized) {
      fail_layer(layer, spot, "post steps after quantize");
    }
    quantized = step.kind == PostStep::Kind::quantize;
    if (!step.tensor.empty()) {
      check_parameter(trace, shapes, layer, step, spot);
    }
  }
  if (quantized && output.is_float()) {
    fail_layer(layer, spot,
               fmt::format("post says quantize, but output '{}' is of kind float", output.name));
  }
  if (!quantized && !output.is_float() && !passes_codes(trace, layer)) {
    fail_layer(layer, spot,
               fmt::format("output '{}' holds codes, but post does not end in "
                           "quantize",
                           output.name));
  }
}

}  // namespace turnpike::traces
