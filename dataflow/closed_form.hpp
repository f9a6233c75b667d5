#pragma once

#include <cstdint>
#include <string_view>

#include "dataflow/mapping.hpp"
#include "dataflow/processing_pass.hpp"

/// Formulas for what a mapping moves and how long it takes at least (docs/dataflow.md has them with
/// their sources): an oracle for the simulator's counts and the mapper's estimate. Not used to
/// produce results.
namespace turnpike::dataflow {

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
  std::int64_t glb_psum_reads = 0;     ///< k * ofmap: the first reads the initial value
  std::int64_t glb_psum_writes = 0;    ///< k * ofmap
  std::int64_t glb_ofmap_readout = 0;  ///< ofmap
  std::int64_t dram_filter_reads = 0;  ///< as glb_filter_reads
  /// N*G*C * rows * column spans * ceil(M/m); without the last factor if a group's ifmap is one
  /// tile, which then stays for all m groups.
  std::int64_t dram_ifmap_reads = 0;
  std::int64_t dram_ofmap_writes = 0;   ///< ofmap
  std::int64_t ifmap_spad_writes = 0;   ///< N*G*C * E*R * columns * ceil(m/p) over the m groups
  std::int64_t filter_spad_writes = 0;  ///< G*M*C*R*S * E * tiles * ceil(N/n)
  friend bool operator==(const TrafficCounts&, const TrafficCounts&) = default;
};
[[nodiscard]] TrafficCounts closed_form_counts(const LayerShape& layer, const Mapping& mapping,
                                               const ArrayGeometry& array);

/// Clocks a pass cannot beat, by resource: T ~ fill + max(window + mac, psum + drain, ifmap).
struct PassBound {
  std::int64_t fill = 0;    ///< filter load in whole units of filter_load_values, never hidden
  std::int64_t window = 0;  ///< first ifmap window (S columns) of one image, exposed once a pass
  std::int64_t mac = 0;     ///< n * F * p*q*S
  std::int64_t psum = 0;    ///< n * F * ceil(e*filters/rate)
  std::int64_t ifmap = 0;   ///< n * ifmap values through the ifmap network
  std::int64_t drain = 0;   ///< pipeline depth of a chain: 2 clocks a PE (adder, link), 3 of the PE
  [[nodiscard]] std::int64_t cycles() const;
  [[nodiscard]] std::string_view bound() const;  ///< "mac", "psum", "ifmap" or "filter"
};
[[nodiscard]] PassBound pass_bound(const ProcessingPass& pass, const LayerShape& layer,
                                   const ArrayGeometry& array);

}  // namespace turnpike::dataflow
