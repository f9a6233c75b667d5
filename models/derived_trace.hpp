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
/// Recurrent layers: on, output and cell are wide and the gates real, and array layers that read
/// the output get a quantize layer with its grid. Off, the output has the grid of the codes that
/// the layer reads of it (h_prev), of k bits; the gates have that of lowering.hpp, 1 / (2^k - 1) in
/// k + 1 bits; the cell has k bits and a range of least squared error on what the trace holds. The
/// state fed back, h_prev, is made anew.
///
/// InputError, naming the layer, for what the trace does not say: a state h_prev that is not the
/// output of the step before, or real; a layer with integer requantization whose multipliers hold
/// for another width than a tensor would get; and if there is no skip to carry.
[[nodiscard]] traces::Trace with_highway_as(const traces::Trace& trace,
                                            const HighwayWanted& wanted);

}  // namespace turnpike::models
