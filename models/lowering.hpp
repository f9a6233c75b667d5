#pragma once

#include <map>
#include <optional>
#include <string>

#include "models/quantize.hpp"

/// A network as a graph of trace layers, before any number is known.
namespace turnpike::models {

/// Where an activation tensor's scale comes from.
struct TensorPlan {
  std::string value;  ///< FloatValue that is coded
  Grid grid = Grid::positive;
  std::optional<double> clip;           ///< a range known beforehand, such as tanh's
  std::optional<double> zero_fraction;  ///< synthetic codes with this fraction of zeros
  config::ActivationQuantizer quantizer = config::ActivationQuantizer::mse;
  /// How its range is found if it goes on the highway.
  config::ActivationQuantizer on_highway = config::ActivationQuantizer::mse;
};

struct QuantizedGraph {
  traces::Program program;                  ///< scales, zero points and extents are not set yet
  std::map<std::string, TensorPlan> plans;  ///< of every activation tensor that is or may be coded
};

/// The graph without a highway.
///
/// Value v (a layer's output, or the input) is read by array layers as codes, by an `add` as its
/// skip (inputs[1]), or by the post-processing unit. If one post-processing layer is its only
/// reader, or nobody reads it, it is the float64 tensor "v.y"; a concat, which joins maps that are
/// stored, is no such layer. Otherwise it is stored: "v.q" has
/// the width of the array layers that read it ("v.q<bits>" for further widths), or the network's
/// activation width if none does; skips and post-processing layers read the widest. A sum of two is
/// "v.out" in float64 followed by a `quantize` layer "v.quant"; other layers quantize directly
/// unless several widths are wanted. Codes are unsigned behind a ReLU, else signed with a zero
/// level. Codes of recurrent layers are unsigned on [-1, 1] with a fractional zero point; their
/// gates have one bit more, a sign, on the grid 1 / (2^k - 1), which is the k-bit grid of a
/// sigmoid, and no sign if the candidate has a grid of its own.
[[nodiscard]] QuantizedGraph lower(const Network& network, const QuantizeOptions& options);

/// True for the codes of the network's input, "input.q" and "input.q<bits>".
[[nodiscard]] bool is_network_input(const std::string& tensor);

/// True if a value can't be negative: it comes from a ReLU, directly or through pools and joins.
[[nodiscard]] bool is_non_negative(const Network& network, const std::string& value);

}  // namespace turnpike::models
