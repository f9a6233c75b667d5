#include <fmt/format.h>

#include "traces/trace_validate.hpp"

namespace turnpike::traces {
namespace {

/// The same codes stand for the same real values.
bool same_codes(const TensorDeclaration& a, const TensorDeclaration& b) {
  return a.kind == b.kind && a.bits == b.bits && a.is_signed == b.is_signed && a.scale == b.scale &&
         a.zero_point == b.zero_point;
}

/// Codes are handed through unchanged, if both sides mean the same by them.
bool passes_codes(const Program& program, const LayerEntry& layer) {
  if (format_of(layer.op).post != PostRule::steps_or_codes || !layer.post.empty()) {
    return false;
  }
  for (const std::string& input : layer.inputs) {
    if (!same_codes(program.tensor(input), program.tensor(layer.output))) {
      return false;
    }
  }
  return true;
}

void check_parameter(const Program& program, const LayerEntry& layer, const PostStep& step,
                     const SourceSpot& spot) {
  const ProgramTensor& parameter = program.tensor(step.tensor);
  const std::int64_t channels = program.tensor(layer.output).shape.at(1);
  if (!parameter.is_float()) {
    fail_layer(layer, spot, fmt::format("post tensor '{}' must be of kind float", step.tensor));
  }
  if (step.kind == PostStep::Kind::thresholds) {
    // Ascending order is a rule of the values (validate_tensor has them): a count is defined
    // anyway.
    if (parameter.shape.size() != 2 || parameter.shape[0] != channels) {
      fail_layer(layer, spot,
                 fmt::format("post tensor '{}' has shape {}, expected [{}, thresholds]",
                             step.tensor, to_string(parameter.shape), channels));
    }
    return;
  }
  if (parameter.shape != TensorShape{channels}) {
    fail_layer(layer, spot,
               fmt::format("post tensor '{}' has shape {}, expected [{}], one value "
                           "per output channel",
                           step.tensor, to_string(parameter.shape), channels));
  }
}

}  // namespace

void validate_post(const Program& program, const LayerEntry& layer, const SourceSpot& spot) {
  const ProgramTensor& output = program.tensor(layer.output);
  if (format_of(layer.op).post == PostRule::none) {
    if (!layer.post.empty()) {
      fail_layer(layer, spot, fmt::format("op {} takes no post steps", to_string(layer.op)));
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
      check_parameter(program, layer, step, spot);
    }
  }
  if (quantized && output.is_float()) {
    fail_layer(layer, spot,
               fmt::format("post says quantize, but output '{}' is of kind float", output.name));
  }
  if (!quantized && !output.is_float() && !passes_codes(program, layer)) {
    fail_layer(layer, spot,
               fmt::format("output '{}' holds codes, but post does not end in "
                           "quantize",
                           output.name));
  }
}

}  // namespace turnpike::traces
