#pragma once

#include <cstdint>
#include <vector>

#include "models/engine.hpp"
#include "traces/trace.hpp"

/// Recurrent layers of a trace: matrix-vector products, then element-wise gates.
///
/// lstm: preact = Wx x + Wh h_prev + bias; f, i, o = sigmoid, g = tanh; c = f * c_prev + g * i;
/// h = o * tanh(c). gru (PyTorch's form): r, z = sigmoid(Wx x + Wh h_prev + bias);
/// n = tanh(Wx x + bias + r * (Wh h_prev)); h = (1 - z) * n + z * h_before; its preact of n is the
/// argument of the tanh. c_prev and h_before start at 0 and are the stored values of the step
/// before: integer tensors among gates, cell and output are quantized when stored, and whatever is
/// computed from them afterwards sees the stored value.
namespace turnpike::models {

/// All steps, h_prev taken from the layer's second input.
[[nodiscard]] LayerOutputs compute_recurrent(const traces::Trace& trace,
                                             const traces::LayerEntry& layer);

/// The same with h_prev made on the way: the first step's is the code of 0, each later one the code
/// of the stored h before it. Fills the trace's h_prev tensor too.
[[nodiscard]] LayerOutputs compute_free_running(traces::Trace& trace,
                                                const traces::LayerEntry& layer);

}  // namespace turnpike::models
