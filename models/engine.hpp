#pragma once

#include <cstdint>
#include <vector>

#include "models/convolution.hpp"
#include "traces/trace.hpp"

/// The functional engine: quantized inference on a trace, by the arithmetic of traces/FORMAT.md.
///
/// Integer layers are exact: convolutions are matrix products in float where every sum of
/// |weight| * |activation| stays below 2^24, in double below 2^53, in 64-bit integers beyond; the
/// choice is made from the operands that are there. Layers with a float operand are computed in
/// double. The tensors must fit their layers (traces/trace_check.hpp); InternalError if not.
namespace turnpike::models {

/// What a layer writes; preact, gates and cell for recurrent layers only.
struct LayerOutputs {
  Tensor output;
  Tensor preact;
  Tensor gates;
  Tensor cell;
};

/// Runs one layer on the inputs the trace holds.
[[nodiscard]] LayerOutputs compute_layer(const traces::Trace& trace, std::size_t layer);

/// The same, storing the outputs in the trace.
void run_layer(traces::Trace& trace, std::size_t layer);

/// Runs all layers in order: fills every output from the network's inputs and parameters.
/// A recurrent layer takes its h_prev operand from the trace as it stands.
void execute(traces::Trace& trace);

/// Sums of products of an integer conv or fc layer before any scaling, [N][M][E][F]. An activation
/// with a fractional zero point enters as its raw code, uncorrected. InternalError for other
/// layers.
[[nodiscard]] std::vector<std::int64_t> accumulators(const traces::Trace& trace, std::size_t layer);

/// Shape of a conv or fc layer, from its tensors.
[[nodiscard]] ConvShape conv_shape(const traces::Trace& trace, const traces::LayerEntry& layer);

}  // namespace turnpike::models
