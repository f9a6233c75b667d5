#pragma once

#include <cstdint>
#include <vector>

namespace turnpike::pe {

/// Values on one input or output network. `y`: on the vertical bus; `x`: on row buses, one count
/// per row bus a value travels; `hits`: values taken (or given) by PEs.
struct NetworkCounters {
  std::uint64_t y = 0;
  std::uint64_t x = 0;
  std::uint64_t hits = 0;
  friend bool operator==(const NetworkCounters&, const NetworkCounters&) = default;
};

/// What one pass did; names as in docs/action_vocabulary.md.
struct PassCounters {
  std::uint64_t cycles = 0;       ///< filter load included
  std::uint64_t load_cycles = 0;  ///< of these, filter load
  std::uint64_t active_pes = 0;
  std::uint64_t mac_slots = 0;  ///< zero-gated ones included
  std::uint64_t ifmap_spad_writes = 0;
  std::uint64_t ifmap_spad_reads = 0;
  std::uint64_t filter_spad_writes = 0;
  std::uint64_t psum_accumulations = 0;  ///< psums read out of a PE and added to the one from below
  std::uint64_t link_words = 0;          ///< psums handed to the PE above
  NetworkCounters filter_network;
  NetworkCounters ifmap_network;
  NetworkCounters psum_in_network;
  NetworkCounters psum_out_network;
  friend bool operator==(const PassCounters&, const PassCounters&) = default;
};

/// Operands and results of a pass, dense copies. Integers as the multipliers see them.
struct PassOperands {
  std::vector<std::int32_t> ifmap;   ///< [n][channels][ifmap_row_span][tile columns]
  std::vector<std::int32_t> filter;  ///< [filters][channels][R][S]
  std::vector<std::int64_t> psum;    ///< [n][filters][e][F]: read at the bottom, written at the top
  std::int32_t tile_columns = 0;     ///< extent of ifmap's last axis, (F - 1) * V + S
};

}  // namespace turnpike::pe
