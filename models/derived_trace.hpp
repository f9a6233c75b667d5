#pragma once

#include <string>

#include "traces/trace.hpp"

/// A trace with a highway from one without, and the other way round, so that nobody exports twice.
namespace turnpike::models {

struct HighwayWanted {
  bool enabled = false;
  int bits = 8;               ///< 4..32; 32 is floating point
  std::string edges = "all";  ///< as apply_highway()
  friend bool operator==(const HighwayWanted&, const HighwayWanted&) = default;
};

/// The same inputs and parameters; what the layers write is computed anew by the engine.
///
/// On: the rewrite of highway.hpp; the wide tensors' scale is the one of least squared error on
/// what they hold in double. Off: an add reads the widest codes that a quantize layer makes of the
/// wide tensor, which then never leaves the post-processing unit; a wide tensor that adds alone
/// read gets the bits of the codes its layer reads, and a scale of least squared error.
///
/// InputError, naming the layer, for what the trace does not say: the gates' grid of a recurrent
/// layer, integer requantization at another width; and if there is no skip to carry.
[[nodiscard]] traces::Trace with_highway_as(const traces::Trace& trace,
                                            const HighwayWanted& wanted);

}  // namespace turnpike::models
