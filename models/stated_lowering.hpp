#pragma once

#include "models/network.hpp"
#include "models/quantize.hpp"
#include "traces/trace.hpp"

/// Networks that bring their own quantization (Network::is_stated): as imported files do. Nothing
/// is calibrated; bits, scales and zero points are those of the file.
namespace turnpike::models {

/// A stated network as a program.
///
/// A quantize layer makes codes; the layer before it writes them itself if nobody else reads it.
/// What no quantize layer stands behind is float64. maxpool and concat hand codes through. Scale,
/// bias and quantize layers between the network's input and the first other layer are computed
/// before the accelerator starts: `before`, whose last tensors are the inputs of `program`.
struct StatedProgram {
  traces::Program before;  ///< no layers: `program` reads the input as it is
  traces::Parameters before_parameters;
  traces::Program program;
  traces::Parameters parameters;
};

/// FileError, naming the layer, for what a trace cannot say: see traces/FORMAT.md.
[[nodiscard]] StatedProgram lower_stated(const Network& network,
                                         traces::Requantize::Rounding rounding);

/// What the network's input is to `program`.
[[nodiscard]] traces::Activations stated_inputs(const StatedProgram& stated,
                                                const Network& network);

/// One run on the network's input, with its reference outputs.
[[nodiscard]] traces::Trace stated_trace(
    const Network& network,
    traces::Requantize::Rounding rounding = traces::Requantize::Rounding::twice);

/// Bits of an array layer's operands as the network states them; 32 for real values.
[[nodiscard]] LayerBits stated_bits(const Network& network, const Layer& layer);

/// multiplier and shift of a positive factor: factor = multiplier * 2^(shift - 31), a multiplier of
/// 31 bits; 0 and 0 if it is below 2^-32.
struct FixedPointFactor {
  std::int64_t multiplier = 0;
  std::int64_t shift = 0;
};
[[nodiscard]] FixedPointFactor fixed_point_factor(double factor);

}  // namespace turnpike::models
