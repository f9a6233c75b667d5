#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/base/layer_shape.hpp"

namespace turnpike::dataflow {

/// What of the machine bounds a mapping. Spad sizes in values, rates in values per clock.
struct ArrayGeometry {
  std::int64_t rows = 12, columns = 14;
  std::int64_t ifmap_spad = 12, filter_spad = 224, psum_spad = 24;
  std::int64_t filter_rate = 4, ifmap_rate = 1;
  std::int64_t psum_in_rate = 4, psum_out_rate = 4;
  std::int64_t filter_load_values = 2048;  ///< a filter load streams whole units of this many
                                           ///< values (a bank of 512 lines of 4); 1 = exact
  friend bool operator==(const ArrayGeometry&, const ArrayGeometry&) = default;
};

/// Room in the global buffer for this layer's tile of ifmap and psums, in bits.
struct BufferBudget {
  std::int64_t bits = 0;         ///< all that is free for this layer
  std::int64_t bank_bits = 0;    ///< > 0: a bank holds one type, tiles round up to whole banks;
                                 ///< 0: allocation by the line, no rounding
  int ifmap_bits = 16;           ///< bits an ifmap value takes in the buffer
  int psum_bits = 16;            ///< bits a psum takes in the buffer
  std::int64_t line_values = 1;  ///< a tile takes whole groups of so many values
  bool ifmap_resident = false;   ///< the whole ifmap lies in the buffer already: no tile needed
  friend bool operator==(const BufferBudget&, const BufferBudget&) = default;
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

/// The tile a mapping keeps in the global buffer, in bits, each type rounded up to whole groups of
/// values, and to whole banks if banks are not shared.
///
/// ifmap: n * q*r channels (at most C) * the rows a strip uses (((e-1)U+R; e*R if U > R) * the
/// columns a width tile spans ((F_tile-1)V+S, which is W unless the layer leaves trailing columns
/// unused); 0 if the ifmap is resident. psums: n * m * e * F_tile. With this, JSSC 2017 table III
/// comes out to the digit.
struct BufferNeed {
  std::int64_t ifmap_bits = 0;
  std::int64_t psum_bits = 0;
  [[nodiscard]] std::int64_t bits() const { return ifmap_bits + psum_bits; }
};

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

/// A kernel larger than the array or the ifmap spad is cut into parts whose psums add: parts of
/// ceil(R / ceil(R / rows)) rows and ceil(S / ceil(S / ifmap_spad)) columns. {R, S} if it fits.
struct KernelPart {
  std::int64_t rows = 1, columns = 1;
};
[[nodiscard]] KernelPart largest_kernel_part(const LayerShape& layer, const ArrayGeometry& array);

[[nodiscard]] BufferNeed buffer_need(const LayerShape& layer, const Mapping& mapping,
                                     const ArrayGeometry& array, const BufferBudget& budget);

/// Ofmap columns of the widest tile: width_tile, or F without tiling.
[[nodiscard]] std::int64_t tile_columns(const LayerShape& layer, const Mapping& mapping);

/// Why a layer cannot be mapped at all (an extent below 1, a filter larger than the ifmap, counts
/// beyond 64 bits), or nullopt.
[[nodiscard]] std::optional<std::string> malformed(const LayerShape& layer);

/// Why a mapping cannot work, one sentence with the numbers, or nullopt if it is legal.
///
/// Extents: m <= M, n <= N, e <= E, p <= m, q <= C, width_tile <= F, and no PE set without work
/// ((t-1)*p < m, (r-1)*q < C; a last set may be partly filled). Spads: q*S <= ifmap, p*q*S <=
/// filter, p <= psum. Array: the chains fit. Buffer: buffer_need fits the budget. R and S are those
/// of the largest kernel part.
[[nodiscard]] std::optional<std::string> illegal(const LayerShape& layer, const Mapping& mapping,
                                                 const ArrayGeometry& array,
                                                 const BufferBudget& budget);

}  // namespace turnpike::dataflow
