#include "dataflow/row_stationary/mapping.hpp"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "dataflow/extent.hpp"

namespace turnpike::dataflow::row_stationary {
namespace {

using Reason = std::optional<std::string>;

/// Values a pass may load beyond what it needs: what malformed() leaves room for.
constexpr std::int64_t kMaxFilterLoad = std::int64_t{1} << 14;

/// Size of the pieces when `extent` is cut into as few equal pieces of at most `limit` as possible.
std::int64_t equal_part(std::int64_t extent, std::int64_t limit) {
  return ceil_div(extent, ceil_div(extent, limit));
}

Reason beyond(const char* letter, std::int64_t value, const char* extent, std::int64_t limit) {
  if (value <= limit) {
    return std::nullopt;
  }
  return fmt::format("{} = {} exceeds {} = {}", letter, value, extent, limit);
}

Reason unusable_machine(const ArrayGeometry& array, const BufferBudget& budget) {
  Reason reason = below_one({{"array rows", array.rows},
                             {"array columns", array.columns},
                             {"ifmap spad values", array.ifmap_spad},
                             {"filter spad values", array.filter_spad},
                             {"psum spad values", array.psum_spad},
                             {"filter network rate", array.filter_rate},
                             {"ifmap network rate", array.ifmap_rate},
                             {"psum-in network rate", array.psum_in_rate},
                             {"psum-out network rate", array.psum_out_rate},
                             {"filter load unit", array.filter_load_values},
                             {"values of an ifmap group", budget.ifmap.values},
                             {"bits of an ifmap group", budget.ifmap.bits},
                             {"values of a psum group", budget.psum.values},
                             {"bits of a psum group", budget.psum.bits}});
  return reason ? reason
                : beyond("the filter load unit", array.filter_load_values, "the largest supported",
                         kMaxFilterLoad);
}

Reason outside_layer(const LayerShape& layer, const Mapping& map) {
  Reason reason = below_one({{"m", map.m},
                             {"n", map.n},
                             {"e", map.e},
                             {"p", map.p},
                             {"q", map.q},
                             {"r", map.r},
                             {"t", map.t}});
  const auto check = [&reason](const char* letter, std::int64_t value, const char* extent,
                               std::int64_t limit) {
    if (!reason) {
      reason = beyond(letter, value, extent, limit);
    }
  };
  check("m", map.m, "M", layer.M);
  check("n", map.n, "N", layer.N);
  check("e", map.e, "E", layer.E());
  check("p", map.p, "m", map.m);
  check("t", map.t, "m", map.m);
  check("q", map.q, "C", layer.C);
  check("r", map.r, "C", layer.C);
  check("the width tile", map.width_tile, "F", layer.F());
  if (!reason && map.width_tile < 0) {
    reason = fmt::format("the width tile = {} is negative", map.width_tile);
  }
  if (!reason && (map.t - 1) * map.p >= map.m) {
    reason = fmt::format("t = {} PE sets of p = {} leave a set without any of m = {} filters",
                         map.t, map.p, map.m);
  }
  if (!reason && (map.r - 1) * map.q >= layer.C) {
    reason = fmt::format("r = {} PE sets of q = {} leave a set without any of C = {} channels",
                         map.r, map.q, layer.C);
  }
  return reason;
}

Reason over_spads(const Mapping& map, const KernelPart& part, const ArrayGeometry& array) {
  // In this order: each product is small once the one before it passed.
  if (map.q * part.columns > array.ifmap_spad) {
    return fmt::format("q*S = {} exceeds the {}-value ifmap spad", map.q * part.columns,
                       array.ifmap_spad);
  }
  if (map.p * map.q * part.columns > array.filter_spad) {
    return fmt::format("p*q*S = {} exceeds the {}-value filter spad", map.p * map.q * part.columns,
                       array.filter_spad);
  }
  if (map.p > array.psum_spad) {
    return fmt::format("p = {} exceeds the {}-value psum spad", map.p, array.psum_spad);
  }
  return std::nullopt;
}

Reason over_array(const LayerShape& layer, const Mapping& map, const ArrayGeometry& array) {
  const Placement placement = place(layer, map, array);
  if (placement.chain_rows > array.rows) {
    return fmt::format("r*R = {} exceeds the {} PE rows", placement.chain_rows, array.rows);
  }
  if (!placement.fits()) {
    return fmt::format(
        "t = {} in {} segment(s) needs {} chains of {} x {} PEs, the {} x {} array holds {}", map.t,
        placement.segments, placement.chains, placement.chain_rows, placement.segment_width,
        array.rows, array.columns, placement.slots_across * placement.slots_down);
  }
  return std::nullopt;
}

Reason over_buffer(const BufferNeed& need, const BufferBudget& budget) {
  if (need.bits() <= budget.bits) {
    return std::nullopt;
  }
  if (budget.bank_bits > 0) {
    return fmt::format("the tile needs {} banks ({} of ifmap, {} of psums), the buffer has {} free",
                       need.bits() / budget.bank_bits, need.ifmap_bits / budget.bank_bits,
                       need.psum_bits / budget.bank_bits, budget.bits / budget.bank_bits);
  }
  return fmt::format("the tile needs {} bits ({} of ifmap, {} of psums), the buffer has {} free",
                     need.bits(), need.ifmap_bits, need.psum_bits, budget.bits);
}

}  // namespace

std::string to_string(const Mapping& mapping) {
  std::string text = fmt::format("m{} n{} e{} p{} q{} r{} t{}", mapping.m, mapping.n, mapping.e,
                                 mapping.p, mapping.q, mapping.r, mapping.t);
  if (mapping.width_tile > 0) {
    text += fmt::format(" w{}", mapping.width_tile);
  }
  return text;
}

turnpike::Mapping to_letters(const Mapping& mapping) {
  turnpike::Mapping out{std::string{turnpike::Mapping::kDefaultKind},
                        {{"m", mapping.m},
                         {"n", mapping.n},
                         {"e", mapping.e},
                         {"p", mapping.p},
                         {"q", mapping.q},
                         {"r", mapping.r},
                         {"t", mapping.t},
                         {"width_tile", mapping.width_tile}}};
  return out;
}

Mapping from_letters(const turnpike::Mapping& letters, const std::string& layer) {
  require_letters(letters, turnpike::Mapping::kDefaultKind, {"m", "n", "e", "p", "q", "r", "t"},
                  {"width_tile"}, layer);
  const auto of = [&letters](const char* letter) { return letters.value(letter); };
  return {of("m"), of("n"), of("e"), of("p"), of("q"), of("r"), of("t"), of("width_tile")};
}

KernelPart largest_kernel_part(const LayerShape& layer, const ArrayGeometry& array) {
  return {.rows = equal_part(layer.R, array.rows),
          .columns = equal_part(layer.S, array.ifmap_spad)};
}

Placement place(const PeSets& sets, std::int64_t rows, std::int64_t columns) {
  Placement placement;
  placement.segments = ceil_div(sets.e, columns);
  placement.segment_width = ceil_div(sets.e, placement.segments);
  placement.chain_rows = sets.r * sets.R;
  placement.chains = sets.t * placement.segments;
  placement.slots_across = columns / placement.segment_width;
  placement.slots_down = rows / placement.chain_rows;
  return placement;
}

Placement place(const LayerShape& layer, const Mapping& mapping, const ArrayGeometry& array) {
  return place({largest_kernel_part(layer, array).rows, mapping.e, mapping.r, mapping.t},
               array.rows, array.columns);
}

FilterSets filter_sets(std::int64_t filters, std::int64_t e, const LayerShape& layer,
                       const Mapping& mapping, const ArrayGeometry& array) {
  FilterSets sets;
  sets.t = std::min(mapping.t, ceil_div(filters, mapping.p));
  sets.p = ceil_div(filters, sets.t);
  if (!array.spread_short_strips || e >= mapping.e) {
    return sets;
  }
  const Placement one =
      place({largest_kernel_part(layer, array).rows, e, mapping.r, 1}, array.rows, array.columns);
  const std::int64_t places = one.slots_across * one.slots_down / one.segments;
  const std::int64_t turn = std::lcm(array.psum_in_rate, array.psum_out_rate);
  const std::int64_t p = ceil_div(ceil_div(filters, places), turn) * turn;
  return p < sets.p ? FilterSets{p, ceil_div(filters, p)} : sets;
}

std::int64_t tile_columns(const LayerShape& layer, const Mapping& mapping) {
  return mapping.width_tile > 0 ? mapping.width_tile : layer.F();
}

std::int64_t ifmap_tile(const LayerShape& layer, const Mapping& mapping,
                        const ArrayGeometry& array) {
  const KernelPart part = largest_kernel_part(layer, array);
  return mapping.n * std::min(mapping.q * mapping.r, layer.C) *
         used_of(mapping.e, part.rows, layer.U) *
         span_of(tile_columns(layer, mapping), part.columns, layer.V);
}

std::int64_t psum_tile(const LayerShape& layer, const Mapping& mapping) {
  return mapping.n * mapping.m * mapping.e * tile_columns(layer, mapping);
}

BufferNeed buffer_need(const LayerShape& layer, const Mapping& mapping, const ArrayGeometry& array,
                       const BufferBudget& budget) {
  return dataflow::buffer_need(ifmap_tile(layer, mapping, array), psum_tile(layer, mapping),
                               budget);
}

std::optional<std::string> illegal(const LayerShape& layer, const Mapping& mapping,
                                   const ArrayGeometry& array, const BufferBudget& budget) {
  // Each check relies on those before it for the absence of overflow and of division by zero.
  if (Reason reason = malformed(layer)) {
    return reason;
  }
  if (Reason reason = unusable_machine(array, budget)) {
    return reason;
  }
  if (Reason reason = outside_layer(layer, mapping)) {
    return reason;
  }
  if (Reason reason = over_spads(mapping, largest_kernel_part(layer, array), array)) {
    return reason;
  }
  if (Reason reason = over_array(layer, mapping, array)) {
    return reason;
  }
  return over_buffer(buffer_need(layer, mapping, array, budget), budget);
}

}  // namespace turnpike::dataflow::row_stationary
