#pragma once

#include <cstdint>
#include <map>

#include "dataflow/processing_pass.hpp"
#include "pe/pass_result.hpp"
#include "pe/pass_shape.hpp"

namespace turnpike::silicon {

/// The array of the chip: 12 x 14 PEs, spads of 12 / 224 / 24 values, FIFOs of 4, one clock of
/// buffer latency, filter loads in whole banks.
[[nodiscard]] pe::PassShape chip_machine();
/// The same machine as the mapper sees it.
[[nodiscard]] dataflow::ArrayGeometry geometry_of(const pe::PassShape& machine);

/// Clock by clock simulation of passes, each distinct shape once.
class PassRunner {
 public:
  const pe::PassCounters& run(const pe::PassShape& shape);
  [[nodiscard]] std::size_t distinct() const { return done_.size(); }

 private:
  std::map<pe::PassShape, pe::PassCounters> done_;
};

struct LayerRun {
  std::uint64_t cycles = 0;  ///< processing cycles: sum over all passes
  std::uint64_t bound = 0;   ///< sum of their closed-form bounds
  std::uint64_t passes = 0;
  std::uint64_t macs = 0;
  std::uint64_t active_pes = 0;  ///< of the fullest pass
};

/// All passes of a layer, in order, simulated by ArrayCore.
[[nodiscard]] LayerRun run_layer(const LayerShape& layer, const dataflow::Mapping& mapping,
                                 const pe::PassShape& machine, PassRunner& runner);

}  // namespace turnpike::silicon
