#pragma once

#include <cstdint>
#include <string_view>

#include "dataflow/mapping.hpp"
#include "dataflow/processing_pass.hpp"

/// Formulas of EYERISS facts (docs/dataflow.md): an oracle for the simulator's counts and the
/// mapper's estimate. Not used to produce results.
namespace turnpike::dataflow {

/// Words (values) moved. k = channel passes (kernel parts included).
struct TrafficCounts {
  std::int64_t macs = 0;
  std::int64_t passes = 0;
  std::int64_t glb_ifmap_reads = 0;    ///< N*C*sum_strips(((e_s-1)U+R)*W) * ceil(M/(p*t))
  std::int64_t glb_filter_reads = 0;   ///< M*C*R*S * strips * tiles * ceil(N/n)
  std::int64_t glb_psum_reads = 0;     ///< k * ofmap
  std::int64_t glb_psum_writes = 0;    ///< k * ofmap
  std::int64_t glb_ofmap_readout = 0;  ///< ofmap
  std::int64_t dram_filter_reads = 0;  ///< as glb_filter_reads
  std::int64_t dram_ifmap_reads = 0;   ///< padded ifmap, halos included, * ceil(M/m)
  std::int64_t dram_ofmap_writes = 0;  ///< ofmap
  std::int64_t ifmap_spad_writes = 0;
  std::int64_t filter_spad_writes = 0;
  friend bool operator==(const TrafficCounts&, const TrafficCounts&) = default;
};
[[nodiscard]] TrafficCounts closed_form_counts(const LayerShape& layer, const Mapping& mapping,
                                               const ArrayGeometry& array);

/// Clocks a pass cannot beat, by resource: T ~ fill + max(window + mac, psum + drain, ifmap).
struct PassBound {
  std::int64_t fill = 0;    ///< filter load, whole banks
  std::int64_t window = 0;  ///< first ifmap window, exposed once a pass
  std::int64_t mac = 0;     ///< n * F * p*q*S
  std::int64_t psum = 0;    ///< n * F * ceil(e*filters/rate)
  std::int64_t ifmap = 0;   ///< n * ifmap values through the ifmap network
  std::int64_t drain = 0;   ///< pipeline depth of a chain
  [[nodiscard]] std::int64_t cycles() const;
  [[nodiscard]] std::string_view bound() const;  ///< "mac", "psum", "ifmap" or "filter"
};
[[nodiscard]] PassBound pass_bound(const ProcessingPass& pass, const LayerShape& layer,
                                   const ArrayGeometry& array);

}  // namespace turnpike::dataflow
