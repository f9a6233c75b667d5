#pragma once

#include <cstdint>

#include "pe/array_pass.hpp"

namespace turnpike::pe::row_stationary {

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

/// The counters in the order of pass_events().
[[nodiscard]] PassResult result_of(const PassCounters& counters);

}  // namespace turnpike::pe::row_stationary
