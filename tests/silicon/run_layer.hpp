#pragma once

#include <cstdint>
#include <map>

#include "dataflow/row_stationary/processing_pass.hpp"
#include "pe/row_stationary/pass_counters.hpp"
#include "pe/row_stationary/pass_shape.hpp"

namespace turnpike::silicon {

/// The array of the chip: 12 x 14 PEs, spads of 12 / 224 / 24 values, FIFOs of 4, one clock of
/// buffer latency, filter loads in whole banks.
[[nodiscard]] pe::row_stationary::PassShape chip_machine();
/// The same machine as the mapper sees it.
[[nodiscard]] dataflow::row_stationary::ArrayGeometry geometry_of(
    const pe::row_stationary::PassShape& machine);

/// Clock by clock simulation of passes, each distinct shape once.
class PassRunner {
 public:
  const pe::row_stationary::PassCounters& run(const pe::row_stationary::PassShape& shape);
  [[nodiscard]] std::size_t distinct() const { return done_.size(); }

 private:
  std::map<pe::row_stationary::PassShape, pe::row_stationary::PassCounters> done_;
};

struct LayerRun {
  std::uint64_t cycles = 0;  ///< processing cycles: sum over all passes
  std::uint64_t bound = 0;   ///< sum of their closed-form bounds
  std::uint64_t passes = 0;
  std::uint64_t macs = 0;
  std::uint64_t active_pes = 0;  ///< of the fullest pass
};

/// All passes of a layer, in order, simulated by ArrayCore.
[[nodiscard]] LayerRun run_layer(const LayerShape& layer,
                                 const dataflow::row_stationary::Mapping& mapping,
                                 const pe::row_stationary::PassShape& machine, PassRunner& runner);

}  // namespace turnpike::silicon
