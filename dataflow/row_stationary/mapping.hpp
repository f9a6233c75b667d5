#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "dataflow/mapping_problem.hpp"
#include "sim/base/layer_shape.hpp"
#include "sim/base/mapping.hpp"

namespace turnpike::dataflow::row_stationary {

/// What of the machine bounds a mapping. Spad sizes in values, rates in values per clock.
struct ArrayGeometry {
  std::int64_t rows = 12, columns = 14;
  std::int64_t ifmap_spad = 12, filter_spad = 224, psum_spad = 24;
  std::int64_t filter_rate = 4, ifmap_rate = 1;
  std::int64_t psum_in_rate = 4, psum_out_rate = 4;
  std::int64_t filter_load_values = 2048;  ///< a filter load streams whole units of this many
                                           ///< values (a bank of 512 lines of 4); 1 = exact
  bool spread_short_strips = true;  ///< filter_sets() of a strip of fewer rows than the others
  friend bool operator==(const ArrayGeometry&, const ArrayGeometry&) = default;
};

/// Row-stationary mapping (JSSC 2017 table I). A pass handles p*t filters, q*r channels, e ofmap
/// rows and n images; the psums of m filters stay in the global buffer. `width_tile` ofmap columns
/// are done before the next tile (F = no tiling).
struct Mapping {
  std::int64_t m = 1, n = 1, e = 1, p = 1, q = 1, r = 1, t = 1;
  std::int64_t width_tile = 0;  ///< 0 = whole rows
  friend bool operator==(const Mapping&, const Mapping&) = default;
};

/// "m64 n4 e13 p16 q3 r2 t2" (and " w56" with a width tile).
[[nodiscard]] std::string to_string(const Mapping& mapping);

/// As it is written in files, and back. InputError naming the layer if `letters` are of another
/// kind of array, or not m n e p q r t and perhaps width_tile.
[[nodiscard]] turnpike::Mapping to_letters(const Mapping& mapping);
[[nodiscard]] Mapping from_letters(const turnpike::Mapping& letters, const std::string& layer = "");

/// Values of the tile a mapping keeps in the global buffer.
///
/// ifmap: n * q*r channels (at most C) * the rows a strip uses (((e-1)U+R; e*R if U > R) * the
/// columns a width tile spans ((F_tile-1)V+S, which is W unless the layer leaves trailing columns
/// unused). psums: n * m * e * F_tile. With this, JSSC 2017 table III comes out to the digit.
[[nodiscard]] std::int64_t ifmap_tile(const LayerShape& layer, const Mapping& mapping,
                                      const ArrayGeometry& array);
[[nodiscard]] std::int64_t psum_tile(const LayerShape& layer, const Mapping& mapping);
[[nodiscard]] BufferNeed buffer_need(const LayerShape& layer, const Mapping& mapping,
                                     const ArrayGeometry& array, const BufferBudget& budget);

/// Where the PE sets of a pass lie. A *chain* is r PE sets stacked vertically (r * R rows): psums
/// enter at its bottom row and leave at its top row over the local links. e ofmap rows wider than
/// the array are cut into `segments` of equal width (27 = 14 + 13), each its own chain. Chains are
/// placed left to right, then downwards, on a grid of `slots_across` x `slots_down`.
struct Placement {
  std::int64_t segments = 1;
  std::int64_t segment_width = 1;  ///< columns of the widest segment
  std::int64_t chain_rows = 1;     ///< r * R
  std::int64_t chains = 1;         ///< t * segments
  std::int64_t slots_across = 1, slots_down = 1;
  [[nodiscard]] bool fits() const { return chains <= slots_across * slots_down; }
};
/// PE sets of R rows and e columns: t for different filters, each r high.
struct PeSets {
  std::int64_t R = 1, e = 1, r = 1, t = 1;
};
/// On an array of rows x columns PEs.
[[nodiscard]] Placement place(const PeSets& sets, std::int64_t rows, std::int64_t columns);
[[nodiscard]] Placement place(const LayerShape& layer, const Mapping& mapping,
                              const ArrayGeometry& array);

/// PE sets for different filters of a pass, each with p of them but for what the last one lacks.
struct FilterSets {
  std::int64_t p = 1, t = 1;
};
/// Of `filters` (at most p * t) in a strip of e ofmap rows. As mapped: t' = min(t, ceil(filters /
/// p)) even sets. A strip of fewer rows than mapping.e leaves places free: there the filters are
/// spread over more sets, as far as these fit (with r sets on channels and the rows of the largest
/// kernel part) and each still fills whole turns of both psum buses: then a pass has fewer MAC
/// clocks and never more psum turns.
[[nodiscard]] FilterSets filter_sets(std::int64_t filters, std::int64_t e, const LayerShape& layer,
                                     const Mapping& mapping, const ArrayGeometry& array);

/// A kernel larger than the array or the ifmap spad is cut into parts whose psums add: parts of
/// ceil(R / ceil(R / rows)) rows and ceil(S / ceil(S / ifmap_spad)) columns. {R, S} if it fits.
struct KernelPart {
  std::int64_t rows = 1, columns = 1;
};
[[nodiscard]] KernelPart largest_kernel_part(const LayerShape& layer, const ArrayGeometry& array);

/// Ofmap columns of the widest tile: width_tile, or F without tiling.
[[nodiscard]] std::int64_t tile_columns(const LayerShape& layer, const Mapping& mapping);

/// Why a mapping cannot work, one sentence with the numbers, or nullopt if it is legal.
///
/// Extents: m <= M, n <= N, e <= E, p <= m, q <= C, width_tile <= F, and no PE set without work
/// ((t-1)*p < m, (r-1)*q < C; a last set may be partly filled). Spads: q*S <= ifmap, p*q*S <=
/// filter, p <= psum. Array: the chains fit. Buffer: buffer_need fits the budget. R and S are those
/// of the largest kernel part.
[[nodiscard]] std::optional<std::string> illegal(const LayerShape& layer, const Mapping& mapping,
                                                 const ArrayGeometry& array,
                                                 const BufferBudget& budget);

}  // namespace turnpike::dataflow::row_stationary
