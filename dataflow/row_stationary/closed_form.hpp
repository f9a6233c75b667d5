#pragma once

#include <cstdint>
#include <string_view>

#include "dataflow/extent.hpp"
#include "dataflow/row_stationary/mapping.hpp"
#include "dataflow/row_stationary/processing_pass.hpp"

/// Formulas for what a mapping moves and how long it takes at least (docs/dataflow.md has them with
/// their sources): an oracle for the simulator's counts and the mapper's estimate. Not used to
/// produce results.
namespace turnpike::dataflow::row_stationary {

/// Values moved by a whole layer. k = channel passes: ceil(C/(q*r)) * kernel parts. blocks = filter
/// blocks: ceil(m/(p*t)) summed over the m groups. rows = ifmap rows used by a strip, summed over
/// strips and kernel row parts (((e_s-1)U+R) for each strip of an uncut kernel); columns likewise,
/// over width tiles and kernel column parts (W for an uncut row without unused trailing columns).
/// Padding counts as ifmap values.
struct TrafficCounts {
  std::int64_t macs = 0;
  std::int64_t passes = 0;
  std::int64_t glb_ifmap_reads = 0;    ///< N*G*C * rows * columns * blocks
  std::int64_t glb_filter_reads = 0;   ///< G*M*C*R*S * strips * tiles * ceil(N/n)
  std::int64_t array_psum_words = 0;   ///< k * ofmap into the array: the first are zeros
  std::int64_t glb_psum_reads = 0;     ///< (k - 1) * ofmap: nobody wrote what the first adds to
  std::int64_t glb_psum_writes = 0;    ///< k * ofmap
  std::int64_t glb_ofmap_readout = 0;  ///< ofmap
  std::int64_t dram_filter_reads = 0;  ///< as glb_filter_reads
  /// N*G*C * rows * column spans * ceil(M/m); without the last factor if a group's ifmap is one
  /// tile, which then stays for all m groups.
  std::int64_t dram_ifmap_reads = 0;
  std::int64_t dram_ofmap_writes = 0;  ///< ofmap
  /// N*G*C * R * columns * sum over strips of e_s * filter sets of the m groups (ceil(m/p) each
  /// where no short strip spreads them).
  std::int64_t ifmap_spad_writes = 0;
  std::int64_t filter_spad_writes = 0;  ///< G*M*C*R*S * E * tiles * ceil(N/n)
  friend bool operator==(const TrafficCounts&, const TrafficCounts&) = default;
};
[[nodiscard]] TrafficCounts closed_form_counts(const LayerShape& layer, const Mapping& mapping,
                                               const ArrayGeometry& array);

/// Clocks a pass cannot beat, latency of the buffer left out: fill + drain + max(window + mac,
/// first_psum + psum, psum_in, ifmap + last_ifmap).
///
/// Follows from the rules of docs/array.md alone: a PE does one MAC a clock in a fixed order, a bus
/// one transaction a clock in a fixed order, and a transaction never holds values of two filter
/// (channel) sets. So a bus of rate k takes ceil(values of the set / k) turns a set and ofmap
/// pixel, however few values that leaves in a turn: with p = 1 on a psum bus of 4 a psum takes a
/// whole turn. What delays an array beyond this bound are its FIFOs and spads (same page).
struct PassBound {
  std::int64_t fill = 0;    ///< filter load in whole units, never hidden
  std::int64_t window = 0;  ///< until the last PE has the ifmap values its first MACs need, less
                            ///< the MACs it can do meanwhile
  std::int64_t mac = 0;     ///< n * F * p*q*S
  std::int64_t first_psum = 0;  ///< until the psum-out bus can take its first group, less the turns
                                ///< that may have passed by then
  std::int64_t psum = 0;        ///< turns of the psum-out bus: n * F * e * sum over filter sets of
                                ///< ceil(filters / rate)
  std::int64_t psum_in = 0;     ///< turns of the psum-in bus, less the stages of a PE
  std::int64_t ifmap = 0;       ///< turns of the ifmap bus
  std::int64_t last_ifmap = 0;  ///< p: MACs on the last ifmap value
  std::int64_t drain = 0;       ///< from the bus to the MAC, stages of a PE, PEs of a chain
  [[nodiscard]] std::int64_t cycles() const;
  [[nodiscard]] std::string_view bound() const;  ///< "mac", "psum", "ifmap" or "filter"
};
[[nodiscard]] PassBound pass_bound(const ProcessingPass& pass, const LayerShape& layer,
                                   const ArrayGeometry& array);

/// Bus transactions that `total` filters (channels) take, dealt to sets of `each`: a transaction
/// holds up to `rate` of one set.
[[nodiscard]] constexpr std::int64_t set_turns(std::int64_t total, std::int64_t each,
                                               std::int64_t rate) {
  return total / each * ceil_div(each, rate) + ceil_div(total % each, rate);
}

/// Clocks of a filter load that takes `words` words of filter_rate weights: whole units of
/// filter_load_values weights, of at least a clock each.
[[nodiscard]] std::int64_t load_clocks(std::int64_t words, const ArrayGeometry& array);

/// Clocks between an ifmap value's turn on the bus and the first MAC on it (from the FIFO into the
/// spad), and pipeline stages of a PE (ISSCC 2016 fig. 14.5.5). A psum takes another clock for each
/// PE up its chain.
inline constexpr std::int64_t kClocksToMac = 1;
inline constexpr std::int64_t kPeStages = 3;

}  // namespace turnpike::dataflow::row_stationary
