#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "dataflow/row_stationary/mapping.hpp"

namespace turnpike::dataflow::row_stationary {

/// One processing pass: what the array does between two drains. Indices are absolute in the layer.
///
/// Ragged ends: channels that do not fill q*r use r' = min(r, ceil(rest / q)) sets of q' =
/// ceil(rest / r'), the last set taking what is left; filters likewise, and filter_sets() spreads
/// those of a short strip.
struct ProcessingPass {
  std::int64_t group = 0;
  std::int64_t image0 = 0, images = 1;    ///< n
  std::int64_t filter0 = 0, filters = 1;  ///< of the group; filters <= p * t
  std::int64_t p = 1, t = 1;
  std::int64_t channel0 = 0, channels = 1;  ///< of the group; channels <= q * r
  std::int64_t q = 1, r = 1;
  std::int64_t row0 = 0, e = 1;         ///< ofmap rows
  std::int64_t column0 = 0, F = 1;      ///< ofmap columns (of the width tile)
  std::int64_t kernel_row0 = 0, R = 1;  ///< kernel part
  std::int64_t kernel_column0 = 0, S = 1;
  bool first_accumulation = false;  ///< its psums begin at 0: none is read
  bool last_accumulation = false;   ///< psums written are final
  bool new_ifmap_tile = false;      ///< the ifmap tile differs from the previous pass's
  bool ends_tile = false;  ///< after it all m filters of this (strip, width tile, images) are final

  friend bool operator==(const ProcessingPass&, const ProcessingPass&) = default;
};

/// Where the PE sets of this pass lie; it fits whenever the mapping it comes from does.
[[nodiscard]] Placement place(const ProcessingPass& pass, const ArrayGeometry& array);

/// PEs that work in the pass: R * e * r * t.
[[nodiscard]] std::int64_t active_pes(const ProcessingPass& pass);

/// Filter values loaded into the array by the pass.
[[nodiscard]] std::int64_t filter_values(const ProcessingPass& pass);

/// Ifmap values the pass sends through the ifmap network, each once, all images: used rows and
/// columns only.
[[nodiscard]] std::int64_t ifmap_values_sent(const ProcessingPass& pass, const LayerShape& layer);

/// Ifmap values of the pass's tile as it lies in the buffer and is fetched: used rows, but whole
/// column spans (a DRAM burst cannot skip single values). First ifmap row and column are
/// row0 * U + kernel_row0 and column0 * V + kernel_column0.
[[nodiscard]] std::int64_t ifmap_tile_values(const ProcessingPass& pass, const LayerShape& layer);

/// Calls `visit` for each pass of the layer in execution order, outermost first: groups, m groups,
/// image groups, strips of e rows, width tiles, channel groups with their kernel parts, filters of
/// the m group.
///
/// Filters are cut into m groups, those into blocks of p*t; channels into groups of q*r; a group of
/// channels meets all kernel parts (row parts, then column parts within) before the next one. An
/// ifmap tile belongs to one kernel part: new_ifmap_tile compares group, images, strip, width tile,
/// channels and part. `mapping` must be legal.
void for_each_pass(const LayerShape& layer, const Mapping& mapping, const ArrayGeometry& array,
                   const std::function<void(const ProcessingPass&)>& visit);

}  // namespace turnpike::dataflow::row_stationary
