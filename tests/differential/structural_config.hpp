#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "pe/row_stationary/pass_counters.hpp"
#include "pe/row_stationary/pass_shape.hpp"

/// Configuration of the structural array for one pass, derived from docs/array.md alone: uses the
/// plain fields of PassShape, none of its functions, nor place_chains().
namespace turnpike::differential {

/// What a PE is told before a pass.
struct PeTag {
  std::int32_t array_row = 0;
  std::int32_t chain = 0, chain_row = 0, chain_column = 0;
  std::int32_t filter_set = 0, channel_set = 0, filter_row = 0, ofmap_row = 0;
  bool top = false, bottom = false;
};

/// Elements of set `set` when `total` are dealt out `per_set` a set.
[[nodiscard]] std::int32_t elements_of_set(std::int32_t total, std::int32_t per_set,
                                           std::int32_t set);

/// The tag of the PE at a physical position; nullopt for a PE without a chain.
[[nodiscard]] std::optional<PeTag> tag_of(const pe::row_stationary::PassShape& shape,
                                          std::int32_t array_row, std::int32_t array_column);

/// A word of weights for the PEs of one filter set and chain row, in the order their MACs use them.
struct FilterTurn {
  std::int32_t filter_set = 0, chain_row = 0;
  std::vector<std::int32_t> weights;
};
[[nodiscard]] std::vector<FilterTurn> filter_turns(const pe::row_stationary::PassShape& shape,
                                                   const std::vector<std::int32_t>& filter);

/// Values of one ifmap pixel for the PEs of one channel set that need one ifmap row.
struct IfmapTurn {
  std::int32_t channel_set = 0, ifmap_row = 0;
  std::vector<std::int32_t> values;
};
/// `ifmap`: [n][channels][rows][columns] of the pass's tile, gaps included.
[[nodiscard]] std::vector<IfmapTurn> ifmap_turns(const pe::row_stationary::PassShape& shape,
                                                 const std::vector<std::int32_t>& ifmap);

/// Psums of neighbouring filters of one ofmap pixel. `words`: their positions in
/// PassOperands::psum.
struct PsumTurn {
  std::int32_t chain = 0, chain_column = 0;
  std::vector<std::size_t> words;
};
[[nodiscard]] std::vector<PsumTurn> psum_turns(const pe::row_stationary::PassShape& shape,
                                               std::int32_t rate);

}  // namespace turnpike::differential
