#include "dataflow/row_stationary/mapping_space.hpp"

#include <set>

#include <gtest/gtest.h>

#include "dataflow/row_stationary/mapper.hpp"
#include "tests/dataflow/row_stationary/random_layer.hpp"

namespace turnpike::dataflow::row_stationary {
namespace {

using test::random_problem;

TEST(MappingSpace, HoldsOnlyLegalMappingsAndEachOnce) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    const MapperProblem problem = random_problem(seed);
    const MappingSpace space{problem};
    std::set<std::string> seen;
    for (const Footprint& footprint : space.footprints()) {
      space.for_each_mapping(footprint, [&](const Mapping& mapping, const CostBound&) {
        EXPECT_EQ(illegal(problem.layer, mapping, problem.array, problem.budget), std::nullopt)
            << to_string(mapping);
        EXPECT_TRUE(seen.insert(to_string(mapping)).second) << to_string(mapping);
      });
    }
    EXPECT_FALSE(seen.empty());
  }
}

TEST(MappingSpace, NoMappingCostsLessThanItsBounds) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    const MapperProblem problem = random_problem(seed);
    const MappingSpace space{problem};
    for (const Footprint& footprint : space.footprints()) {
      space.for_each_mapping(footprint, [&](const Mapping& mapping, const CostBound& bound) {
        const MappedLayer layer = evaluate_mapping(problem, mapping, "layer");
        const double cost =
            cost_of(problem.objective, layer.estimated_cycles, layer.estimated_energy_pj);
        const double energy = layer.estimated_energy_pj;
        EXPECT_LE(bound.cost, cost * (1.0 + 1e-12)) << to_string(mapping);
        EXPECT_LE(bound.energy, energy * (1.0 + 1e-12)) << to_string(mapping);
        EXPECT_LE(footprint.bound.cost, cost * (1.0 + 1e-12)) << to_string(mapping);
        EXPECT_LE(footprint.bound.energy, energy * (1.0 + 1e-12)) << to_string(mapping);
        EXPECT_LE(bound.cycles, layer.estimated_cycles) << to_string(mapping);
        EXPECT_LE(footprint.bound.cycles, layer.estimated_cycles) << to_string(mapping);
      });
    }
  }
}

TEST(MappingSpace, KeepsTheFewestGroupsOfFiltersTheBufferAllowsAndEvensThemOut) {
  // 20 filters fit beside the ifmap tile: 48 filters in blocks of 4 take 3 groups of 16.
  const LayerShape layer{.M = 48, .H = 4, .W = 4};
  const BufferBudget budget{.bits = std::int64_t{16} * (16 + 20 * 16)};
  const MapperProblem problem{.layer = layer, .array = {}, .budget = budget, .weights = {}};
  const MappingSpace space{problem};
  bool found = false;
  for (const Footprint& footprint : space.footprints()) {
    space.for_each_mapping(footprint, [&](const Mapping& mapping, const CostBound&) {
      if (mapping.e == 4 && mapping.p == 4 && mapping.t == 1) {
        found = true;
        EXPECT_EQ(mapping.m, 16);
        EXPECT_EQ(mapping.width_tile, 0);
      }
    });
  }
  EXPECT_TRUE(found);
}

/// More filters at a time move nothing less than one block does: the counts say so.
TEST(MappingSpace, OneBlockOfFiltersIsEnoughBesideAResidentIfmap) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    MapperProblem problem = random_problem(seed);
    problem.budget.ifmap_resident = true;
    problem.budget.bank_bits = 0;
    problem.budget.bits = std::int64_t{1} << 40;
    const MappingSpace space{problem};
    for (const Footprint& footprint : space.footprints()) {
      space.for_each_mapping(footprint, [&](const Mapping& mapping, const CostBound&) {
        Mapping all = mapping;
        all.m = problem.layer.M;
        const MappedLayer block = evaluate_mapping(problem, mapping, "layer");
        const MappedLayer most = evaluate_mapping(problem, all, "layer");
        EXPECT_EQ(block.estimated_cycles, most.estimated_cycles) << to_string(mapping);
        EXPECT_EQ(block.estimated_energy_pj, most.estimated_energy_pj) << to_string(mapping);
        EXPECT_LE(psum_tile(problem.layer, mapping), psum_tile(problem.layer, all));
      });
    }
  }
}

TEST(MappingSpace, TilesTheWidthOnlyWhereWholeRowsDoNotFit) {
  const LayerShape layer{.M = 8, .H = 4, .W = 64};
  const BufferBudget budget{.bits = std::int64_t{16} * (64 + 4 * 64)};
  const MapperProblem problem{.layer = layer, .array = {}, .budget = budget, .weights = {}};
  const MappingSpace space{problem};
  for (const Footprint& footprint : space.footprints()) {
    space.for_each_mapping(footprint, [&](const Mapping& mapping, const CostBound&) {
      // e rows of ifmap and of p*t psum planes, 64 columns wide, in room for 5 rows
      const bool fits = mapping.e * (1 + std::min<std::int64_t>(8, mapping.p * mapping.t)) <= 5;
      EXPECT_EQ(mapping.width_tile == 0, fits) << to_string(mapping);
    });
  }
}

}  // namespace
}  // namespace turnpike::dataflow::row_stationary
