#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/repair.hpp"

/// Which edges of a network may carry a precision highway, and which are worth it.
namespace turnpike::models {

/// An edge that is read late: around other layers, or from the step before.
struct HighwayEdge {
  enum class Kind { skip, state, concatenation };
  Kind kind = Kind::skip;
  std::string reader;         ///< the layer it ends in: an add, a recurrent layer, a concat
  std::string value;          ///< what it carries: a layer's output, or "input"
  std::int64_t bypassed = 0;  ///< array layers on the longest way around it; 0 of a state
  std::int64_t values = 0;    ///< per inference; of a state, cell and output of every step
  int low_bits = 0;           ///< of the codes read without a highway
  bool carried = false;       ///< the highway of `options` has it
  std::string why_not;        ///< "" if carried
  /// Where its precision comes from: "begins at conv1", "goes on from layer1.0.add", or, where the
  /// highway is interrupted, what computes the value from codes.
  std::string origin;
  bool interrupted = false;
};

/// In the order of the layers. The highway's width and edges are those of `options`, whether it is
/// switched on or not. InputError as check_options().
[[nodiscard]] std::vector<HighwayEdge> highway_edges(const Network& network,
                                                     const QuantizeOptions& options);

/// The highway with one edge more than the step before.
struct HighwayStep {
  std::string edge;       ///< that joined; "" of the network without a highway
  std::int64_t bits = 0;  ///< of all wide values so far, per inference
  double error = 0.0;     ///< cosine error of the network's last output against float
};

/// What the search runs on: `count` inputs of the network.
struct HighwaySearch {
  const std::vector<float>& inputs;
  std::int64_t count = 1;
  int threads = 1;
  Repair repair = Repair::none;  ///< of every quantized network, on the same inputs
};

/// Greedy: of the edges that are left, the one joins that takes away most error for each bit it
/// moves, until all that can be carried are on. One float pass, and n (n + 1) / 2 quantized ones
/// for n edges. InputError if there are none.
[[nodiscard]] std::vector<HighwayStep> search_highway(const Network& network,
                                                      const Calibration& calibration,
                                                      QuantizeOptions options,
                                                      const HighwaySearch& search);

}  // namespace turnpike::models
