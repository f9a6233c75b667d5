#pragma once

#include <compare>
#include <cstdint>
#include <vector>

#include "dataflow/row_stationary/processing_pass.hpp"
#include "pe/array_pass.hpp"
#include "sim/base/layer_shape.hpp"

namespace turnpike::pe::row_stationary {

using dataflow::row_stationary::ArrayGeometry;
using dataflow::row_stationary::ProcessingPass;

/// Everything the timing of one processing pass depends on, and nothing else: the key of the memo.
///
/// The pass (letters of the Eyeriss papers): `filters` filters in t sets of p (the last set takes
/// the rest), `channels` channels in r sets of q likewise, e ofmap rows, F ofmap columns, n images,
/// an R x S kernel (part) with strides U (rows) and V (columns).
/// The machine: array extents, spad sizes in values, network rates in values per clock, FIFO depths
/// in values, clocks of global-buffer latency before the first value, and the unit of a filter load
/// (values; a load streams whole units, 1 = exactly what is needed).
struct PassShape {
  std::int32_t R = 1, S = 1, U = 1, V = 1;
  std::int32_t p = 1, t = 1, filters = 1;
  std::int32_t q = 1, r = 1, channels = 1;
  std::int32_t e = 1, F = 1, n = 1;
  /// Its place in a chain (docs/array.md, "Chains of passes"): 1 if the array goes over to it from
  /// a pass of the same shape; 1 if it goes over from it to another one.
  std::int32_t follows = 0, leads = 0;

  std::int32_t rows = 12, columns = 14;
  std::int32_t ifmap_spad = 12, psum_spad = 24;
  std::int32_t filter_rate = 4, ifmap_rate = 1, psum_in_rate = 4, psum_out_rate = 4;
  std::int32_t fifo_depth = 4;
  std::int32_t buffer_latency = 2;
  std::int32_t filter_load_unit = 2048;

  friend auto operator<=>(const PassShape&, const PassShape&) = default;  // NOLINT: clang-tidy 14
  friend bool operator==(const PassShape&, const PassShape&) = default;

  /// Filters of set tg, channels of set rg.
  [[nodiscard]] std::int32_t filters_of(std::int32_t tg) const;
  [[nodiscard]] std::int32_t channels_of(std::int32_t rg) const;
  /// ifmap rows that some PE reads, of ifmap_row_span() rows from the first to the last.
  [[nodiscard]] std::int32_t ifmap_row_span() const { return (e - 1) * U + R; }
  /// ifmap columns the pass reads from one row of one image: with V > S the gaps are never sent.
  [[nodiscard]] std::int32_t ifmap_columns() const { return ifmap_columns(F); }
  /// The same for this many ofmap columns.
  [[nodiscard]] std::int32_t ifmap_columns(std::int32_t ofmap_columns) const {
    return V < S ? (ofmap_columns - 1) * V + S : ofmap_columns * S;
  }
  /// ifmap columns from the first to the last of them.
  [[nodiscard]] std::int32_t tile_columns() const { return (F - 1) * V + S; }
  /// Column of the ifmap tile the k-th sent column is.
  [[nodiscard]] std::int32_t ifmap_column(std::int32_t k) const {
    return V < S ? k : (k / S) * V + k % S;
  }
};

/// What brings the array into the state a pass that follows another finds: so many passes of its
/// shape, of one image and at most so many columns, before the first clock that counts. Psums left
/// at the hand-over fill the psum spad after a few columns, so more of either change next to
/// nothing (ArrayCore.ARunInIsLongEnough).
struct RunIn {
  std::int32_t passes = 2, columns = 8;
};

/// Of a pass of a layer on a machine: the machine fields of `machine`, the rest from the pass.
[[nodiscard]] PassShape pass_shape(const ProcessingPass& pass, const LayerShape& layer,
                                   const PassShape& machine);

/// First word of the keys of this kind.
inline constexpr std::int32_t kKind = 0;

[[nodiscard]] inline PassKey key_of(const PassShape& shape) {
  return pe::key_of(kKind, shape);
}

/// A pass as the machine holds it, and back.
[[nodiscard]] ArrayPass array_pass(const ProcessingPass& pass, const LayerShape& layer,
                                   const PassShape& machine);
[[nodiscard]] ProcessingPass processing_pass(const ArrayPass& pass);

/// A chain: r PE sets stacked vertically for one segment of ofmap rows and one filter set.
/// Psums enter at its bottom row (row r * R - 1) and leave at its top row (row 0).
struct Chain {
  std::int32_t filter_set = 0;       ///< tg
  std::int32_t first_ofmap_row = 0;  ///< j of its first column
  std::int32_t width = 0;            ///< columns it uses
  std::int32_t array_row = 0;        ///< physical position of its top left PE
  std::int32_t array_column = 0;
};

/// The chains of a pass: filter sets outermost, segments of ofmap rows inside; placed left to
/// right, then downwards. InternalError if they do not fit (the mapping is checked beforehand).
[[nodiscard]] std::vector<Chain> place_chains(const PassShape& shape);

}  // namespace turnpike::pe::row_stationary
