#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dataflow/row_stationary/closed_form.hpp"
#include "dataflow/row_stationary/mapping.hpp"

namespace turnpike::dataflow::row_stationary {

struct MapperProblem {
  LayerShape layer;
  ArrayGeometry array;
  BufferBudget budget;
  Objective objective = Objective::cycles;
  MapperWeights weights;
  std::int64_t most_cycles = 0;  ///< > 0: mappings with a larger estimate are left out
  /// Equal problems have equal answers: a caller may keep them.
  friend bool operator==(const MapperProblem&, const MapperProblem&) = default;
};

/// A mapping with its estimate. With a DRAM rate, a pass takes the longer of its bound and the
/// transfer of the filters and the ifmap tile it is the first to use (transfers overlap with
/// passes).
struct MappedLayer {
  Mapping mapping;
  std::int64_t estimated_cycles = 0;  ///< sum of closed-form pass bounds and exposed DRAM time
  double estimated_energy_pj = 0.0;   ///< of the traffic the mapping decides, not the total
  std::int64_t passes = 0;
  std::int64_t active_pes = 0;
  std::string
      bound;  ///< what limits the passes that take most cycles: mac, psum, ifmap, filter, dram
};

/// The best legal mappings, best first, at most `keep`. Exhaustive over the space of
/// dataflow/mapping_space.hpp, which lower bounds of the cost prune without losing the best; ties
/// are broken by energy, then lexically, so the result is the same on every machine; empty if none
/// is within `most_cycles`. InputError naming the constraint if no mapping is legal; `layer_name`
/// is for that message.
[[nodiscard]] std::vector<MappedLayer> search_mappings(const MapperProblem& problem,
                                                       const std::string& layer_name,
                                                       std::size_t keep = 1);

/// Evaluates one given mapping. InputError if it is illegal.
[[nodiscard]] MappedLayer evaluate_mapping(const MapperProblem& problem, const Mapping& mapping,
                                           const std::string& layer_name);

}  // namespace turnpike::dataflow::row_stationary
