#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/layer_shape.hpp"
#include "sim/base/mapping.hpp"
#include "sim/config/mapper.hpp"

/// What is asked of a mapper and what it answers, whatever the kind of array.
namespace turnpike::dataflow {

using config::Objective;

/// What the search of mappings weighs traffic and time by, and what it knows of the memory behind
/// the buffer. Energies in pJ per value.
struct MapperWeights {
  double glb_ifmap = 1.0, glb_filter = 1.0, glb_psum = 1.0;
  double dram_filter = 1.0, dram_ifmap = 1.0;
  double per_cycle = 1.0;              ///< energy of a clock of the machine
  double dram_values_per_cycle = 0.0;  ///< filter and ifmap values DRAM delivers a clock; 0 = any
  /// Filters of this pass and the next beyond so many come between the two; 0 = any number fits.
  std::int64_t filter_buffer_values = 0;
  double filter_fill_per_cycle = 0.0;  ///< filter values the buffer takes a clock; 0 = any
  friend bool operator==(const MapperWeights&, const MapperWeights&) = default;
};

/// How values lie in the buffer: so many together take so many bits, whole lines.
struct ValueGroup {
  std::int64_t values = 1;
  std::int64_t bits = 16;
  friend bool operator==(const ValueGroup&, const ValueGroup&) = default;
};

/// Room in the global buffer for this layer's tile of ifmap and psums, in bits.
struct BufferBudget {
  std::int64_t bits = 0;       ///< all that is free for this layer
  std::int64_t bank_bits = 0;  ///< > 0: a bank holds one type, tiles round up to whole banks;
                               ///< 0: allocation by the line, no rounding
  ValueGroup ifmap = {};       ///< how its values lie; a tile takes whole groups
  ValueGroup psum = {};
  bool ifmap_resident = false;  ///< the whole ifmap lies in the buffer already: no tile needed
  friend bool operator==(const BufferBudget&, const BufferBudget&) = default;
};

/// Bits of the buffer a mapping's tile takes.
struct BufferNeed {
  std::int64_t ifmap_bits = 0;
  std::int64_t psum_bits = 0;
  [[nodiscard]] std::int64_t bits() const { return ifmap_bits + psum_bits; }
};
/// Of a tile of so many values: each type rounded up to whole groups of values, and to whole banks
/// if banks are not shared; no ifmap tile if the ifmap is resident.
[[nodiscard]] BufferNeed buffer_need(std::int64_t ifmap_values, std::int64_t psum_values,
                                     const BufferBudget& budget);

/// A layer to be mapped in a room. Equal problems have equal answers: a caller may keep them.
struct MappingProblem {
  LayerShape layer;
  BufferBudget budget;
  Objective objective = Objective::cycles;
  MapperWeights weights;
  std::int64_t most_cycles = 0;  ///< > 0: mappings that by their bounds take more are left out
  friend bool operator==(const MappingProblem&, const MappingProblem&) = default;
};

/// A mapping with what a mapper expects of it.
struct MappedJob {
  Mapping mapping;
  std::string text;                   ///< as people read it: "m64 n4 e13 p16 q3 r2 t2"
  std::int64_t estimated_cycles = 0;  ///< a lower bound
  double estimated_energy_pj = 0.0;   ///< of the traffic the mapping decides, not the total
  std::int64_t stepped_cycles = 0;    ///< with the times of its passes, when they were stepped
  double stepped_energy_pj = 0.0;     ///< of the whole job, no value being zero
  std::int64_t passes = 0;
  std::int64_t active_pes = 0;
  std::int64_t ifmap_tile = 0, psum_tile = 0;  ///< values the buffer holds at a time
  std::string bound;                           ///< what limits the passes that take most cycles
};

/// The best there is to say of its cycles.
[[nodiscard]] inline std::int64_t expected_cycles(const MappedJob& mapped) {
  return mapped.stepped_cycles > 0 ? mapped.stepped_cycles : mapped.estimated_cycles;
}

struct Named {
  const char* name;
  std::int64_t value;
};
/// Which of `extents` is less than 1, or nullopt.
[[nodiscard]] std::optional<std::string> below_one(std::initializer_list<Named> extents);

/// InputError naming the layer unless a mapping is of this kind and has all required letters and
/// none beyond the optional ones.
void require_letters(const Mapping& mapping, std::string_view kind,
                     const std::vector<std::string>& required,
                     const std::vector<std::string>& optional, const std::string& layer);

/// Why a layer cannot be mapped by anything (an extent below 1, a filter larger than the ifmap,
/// counts beyond 64 bits), or nullopt.
[[nodiscard]] std::optional<std::string> malformed(const LayerShape& layer);

}  // namespace turnpike::dataflow
