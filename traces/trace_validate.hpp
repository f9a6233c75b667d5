#pragma once

#include "sim/base/error.hpp"
#include "traces/trace.hpp"

/// The rules of traces/FORMAT.md that need more than the JSON: element types, code ranges, the
/// order of layers, shapes. Every check throws FileError at `spot`, naming tensor or layer.
namespace turnpike::traces {

/// All of the checks below.
void validate_trace(const Trace& trace, const SourceSpot& spot);

/// Element type, scale length, zero point, every code inside its bits, every real value finite.
void validate_tensor(const TensorEntry& tensor, const SourceSpot& spot);

/// Every tensor a layer names exists, each has at most one producer, none is used before it is
/// produced.
void validate_graph(const Trace& trace, const SourceSpot& spot);

/// Shapes, operand kinds, gate order and post steps of one layer of a trace whose graph is valid.
void validate_layer(const Trace& trace, const LayerEntry& layer, const SourceSpot& spot);

/// The post steps of a layer, and whether its output's kind agrees with them.
void validate_post(const Trace& trace, const LayerEntry& layer, const SourceSpot& spot);

/// conv, fc, lstm, gru: whether `input` times `weights` is defined, and fits a 63-bit accumulator
/// when both are integers. `terms` products per output; output channels run along `channel_axis`
/// of the weights; `padded`: zeros are added around the input.
struct ProductRule {
  const TensorEntry* input = nullptr;
  const TensorEntry* weights = nullptr;
  std::int64_t terms = 0;
  int channel_axis = 0;
  bool padded = false;
};
void validate_product(const ProductRule& rule, const LayerEntry& layer, const SourceSpot& spot);

/// Throws FileError "layer 'name': message".
[[noreturn]] void fail_layer(const LayerEntry& layer, const SourceSpot& spot,
                             std::string_view message);

}  // namespace turnpike::traces
