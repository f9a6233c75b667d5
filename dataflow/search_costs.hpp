#pragma once

#include <cstdint>
#include <vector>

#include "dataflow/mapping_problem.hpp"

/// What the searches of all kinds of array rank mappings by.
namespace turnpike::dataflow {

/// ceil(extent / k) for k = 1, 2, ..., each value once, falling. About 2 sqrt(extent) of them.
[[nodiscard]] std::vector<std::int64_t> even_pieces(std::int64_t extent);

/// Values a mapping moves, by what they cost.
struct MovedValues {
  std::int64_t filter = 0;      ///< buffer and DRAM
  std::int64_t ifmap = 0;       ///< buffer reads
  std::int64_t psum = 0;        ///< buffer reads and writes
  std::int64_t dram_ifmap = 0;  ///< 0 if resident
};

[[nodiscard]] double energy_of(const MovedValues& moved, std::int64_t cycles,
                               const MapperWeights& weights);
[[nodiscard]] double cost_of(Objective objective, std::int64_t cycles, double energy_pj);
/// Clocks DRAM needs for `values`; 0 if its rate is not limited.
[[nodiscard]] std::int64_t transfer_cycles(std::int64_t values, const MapperWeights& weights);

}  // namespace turnpike::dataflow
