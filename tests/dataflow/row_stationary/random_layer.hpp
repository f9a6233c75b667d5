#pragma once

#include <algorithm>
#include <cstdint>

#include "dataflow/row_stationary/mapper.hpp"
#include "dataflow/row_stationary/mapping.hpp"
#include "sim/base/random.hpp"

/// Random layers, arrays and legal mappings for property tests.
namespace turnpike::dataflow::row_stationary::test {

struct RandomCase {
  LayerShape layer;
  ArrayGeometry array;
  Mapping mapping;
};

/// Small enough for brute force: ragged tiles, groups, strides beyond the kernel, trailing rows no
/// filter reaches, kernels larger than the array or the ifmap spad.
inline LayerShape random_layer(Random& random) {
  LayerShape layer;
  layer.N = random.integer(1, 3);
  layer.G = random.integer(1, 4) == 1 ? 2 : 1;
  layer.M = random.integer(1, 7);
  layer.C = random.integer(1, 6);
  layer.R = random.integer(1, 7);
  layer.S = random.integer(1, 7);
  layer.U = random.integer(1, 3);
  layer.V = random.integer(1, 4) == 1 ? random.integer(1, 3) : layer.U;
  layer.H = layer.R + random.integer(0, 9);
  layer.W = layer.S + random.integer(0, 9);
  return layer;
}

inline ArrayGeometry random_array(Random& random) {
  ArrayGeometry array;
  array.rows = random.integer(2, 9);
  array.columns = random.integer(2, 6);
  array.ifmap_spad = random.integer(2, 12);
  array.filter_spad = random.integer(12, 60);
  array.psum_spad = random.integer(1, 5);
  array.filter_rate = random.integer(1, 4);
  array.ifmap_rate = random.integer(1, 2);
  array.psum_in_rate = random.integer(1, 4);
  array.psum_out_rate = random.integer(1, 4);
  array.filter_load_values = random.integer(1, 3) == 1 ? 1 : random.integer(2, 64);
  array.spread_short_strips = random.integer(0, 1) == 1;
  return array;
}

/// A legal mapping for a buffer without limit.
inline Mapping random_mapping(Random& random, const LayerShape& layer, const ArrayGeometry& array) {
  const BufferBudget unlimited{.bits = std::int64_t{1} << 60};
  for (int attempt = 0; attempt < 2000; ++attempt) {
    Mapping map;
    map.m = random.integer(1, layer.M);
    map.n = random.integer(1, layer.N);
    map.e = random.integer(1, layer.E());
    map.p = random.integer(1, std::min(map.m, array.psum_spad));
    map.q = random.integer(1, layer.C);
    map.r = random.integer(1, layer.C);
    map.t = random.integer(1, map.m);
    map.width_tile = random.integer(1, 2) == 1 ? 0 : random.integer(1, layer.F());
    if (!illegal(layer, map, array, unlimited)) {
      return map;
    }
  }
  return Mapping{};
}

inline RandomCase random_case(std::uint64_t seed) {
  Random random{seed};
  RandomCase result;
  result.layer = random_layer(random);
  result.array = random_array(random);
  result.mapping = random_mapping(random, result.layer, result.array);
  return result;
}

/// A mapper's problem with a tight buffer and any objective, resident ifmap, DRAM rate and prices.
inline MapperProblem random_problem(std::uint64_t seed) {
  Random random{seed};
  MapperProblem problem;
  problem.layer = random_layer(random);
  problem.array = random_array(random);
  problem.budget = {.bits = random.integer(600, 20000),
                    .bank_bits = random.integer(0, 2) == 0 ? 200 : 0,
                    .ifmap = {1, random.integer(2, 16)},
                    .psum = {1, random.integer(8, 24)},
                    .ifmap_resident = random.integer(0, 2) == 0};
  problem.objective = static_cast<Objective>(random.integer(0, 2));
  problem.weights = {
      .glb_ifmap = 3.0 * random.uniform(),
      .glb_filter = 3.0 * random.uniform(),
      .glb_psum = 3.0 * random.uniform(),
      .dram_filter = 30.0 * random.uniform(),
      .dram_ifmap = 30.0 * random.uniform(),
      .per_cycle = 50.0 * random.uniform(),
      .dram_values_per_cycle = random.integer(0, 1) == 0 ? 0.0 : 0.2 + 3.0 * random.uniform()};
  problem.weights.filter_buffer_values = random.integer(0, 1) == 0 ? 0 : random.integer(1, 200);
  problem.weights.filter_fill_per_cycle =
      random.integer(0, 1) == 0 ? 0.0 : 0.2 + 3.0 * random.uniform();
  // Enough for the smallest mapping.
  const Mapping smallest{.width_tile = 1};
  while (illegal(problem.layer, smallest, problem.array, problem.budget)) {
    problem.budget.bits *= 2;
  }
  return problem;
}

}  // namespace turnpike::dataflow::row_stationary::test
