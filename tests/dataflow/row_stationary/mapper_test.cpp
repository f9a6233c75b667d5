#include "dataflow/row_stationary/mapper.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dataflow/row_stationary/processing_pass.hpp"
#include "sim/base/error.hpp"
#include "tests/dataflow/row_stationary/alexnet.hpp"
#include "tests/dataflow/row_stationary/random_layer.hpp"

namespace turnpike::dataflow::row_stationary {
namespace {

using test::alexnet;
using test::chip_buffer;
using test::random_problem;
using ::testing::HasSubstr;

LayerShape conv(std::int64_t filters, std::int64_t channels, std::int64_t ofmap,
                std::int64_t kernel, std::int64_t stride) {
  const std::int64_t ifmap = (ofmap - 1) * stride + kernel;
  return {.M = filters,
          .C = channels,
          .H = ifmap,
          .W = ifmap,
          .R = kernel,
          .S = kernel,
          .U = stride,
          .V = stride};
}

/// 2 MB at 16 bits less the filter buffer, allocated by the line.
MapperProblem in_two_megabytes(const LayerShape& layer) {
  return {.layer = layer,
          .array = {},
          .budget = {.bits = (2097152 - 8192) * std::int64_t{8}},
          .weights = {}};
}

MappedLayer best(const MapperProblem& problem) {
  return search_mappings(problem, "layer").front();
}

double cost(const MapperProblem& problem, const MappedLayer& layer) {
  const auto cycles = static_cast<double>(layer.estimated_cycles);
  switch (problem.objective) {
    case Objective::cycles:
      return cycles;
    case Objective::energy:
      return layer.estimated_energy_pj;
    case Objective::energy_delay:
      return cycles * layer.estimated_energy_pj;
  }
  return 0.0;
}

TEST(Mapper, IsAtLeastAsFastAsTheChipsMappings) {
  for (const auto& layer : alexnet()) {
    SCOPED_TRACE(layer.name);
    const MapperProblem problem{
        .layer = layer.shape, .array = {}, .budget = chip_buffer(), .weights = {}};
    const MappedLayer ours = best(problem);
    EXPECT_EQ(illegal(layer.shape, ours.mapping, {}, chip_buffer()), std::nullopt);
    EXPECT_LE(ours.estimated_cycles,
              evaluate_mapping(problem, layer.mapping, layer.name).estimated_cycles);
  }
}

TEST(Mapper, FindsTheChipsMappingOfConv5) {
  const MapperProblem problem{
      .layer = alexnet()[4].shape, .array = {}, .budget = chip_buffer(), .weights = {}};
  EXPECT_EQ(to_string(best(problem).mapping), to_string(alexnet()[4].mapping));
}

/// The estimate again, pass by pass.
TEST(Mapper, EstimatesAreTheSumsOverThePasses) {
  for (std::uint64_t seed = 0; seed < 150; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    MapperProblem problem = random_problem(seed);
    problem.budget.bits = std::int64_t{1} << 40;
    Random random{seed + 1000};
    const Mapping mapping = test::random_mapping(random, problem.layer, problem.array);
    const MapperWeights& w = problem.weights;
    std::int64_t cycles = 0;
    std::int64_t passes = 0;
    std::int64_t most_pes = 0;
    double energy = 0.0;
    for_each_pass(problem.layer, mapping, problem.array, [&](const ProcessingPass& pass) {
      const auto filters = static_cast<double>(filter_values(pass));
      const bool fetched = pass.new_ifmap_tile && !problem.budget.ifmap_resident;
      const double tile =
          fetched ? static_cast<double>(ifmap_tile_values(pass, problem.layer)) : 0.0;
      const auto psums = static_cast<double>(pass.images * pass.filters * pass.e * pass.F);
      std::int64_t clocks = pass_bound(pass, problem.layer, problem.array).cycles();
      const auto room = static_cast<double>(w.filter_buffer_values);
      const double ahead = room > 0.0 ? std::min(filters, std::max(0.0, room - filters)) : filters;
      const auto over = [](double values, double rate) {
        return rate > 0.0 ? static_cast<std::int64_t>(std::ceil(values / rate)) : 0;
      };
      const auto longer = [&](double into_buffer, double moved) {
        return std::max(over(into_buffer, w.filter_fill_per_cycle),
                        over(moved, w.dram_values_per_cycle));
      };
      clocks =
          std::max(clocks, longer(ahead, ahead + tile)) + longer(filters - ahead, filters - ahead);
      cycles += clocks;
      ++passes;
      most_pes = std::max(most_pes, active_pes(pass));
      energy += filters * (w.glb_filter + w.dram_filter) + tile * w.dram_ifmap +
                static_cast<double>(ifmap_values_sent(pass, problem.layer)) * w.glb_ifmap +
                (pass.first_accumulation ? 1.0 : 2.0) * psums * w.glb_psum +
                static_cast<double>(clocks) * w.per_cycle;
    });
    const MappedLayer layer = evaluate_mapping(problem, mapping, "layer");
    EXPECT_EQ(layer.estimated_cycles, cycles);
    EXPECT_EQ(layer.passes, passes);
    EXPECT_EQ(layer.active_pes, most_pes);
    EXPECT_NEAR(layer.estimated_energy_pj / energy, 1.0, 1e-9);
  }
}

/// Lowest cost of all legal mappings without width tiles whose m is M or whole blocks of p*t,
/// over every value of every letter.
double lowest_cost(const MapperProblem& problem) {
  const LayerShape& layer = problem.layer;
  double lowest = std::numeric_limits<double>::infinity();
  Mapping map;
  for (map.n = 1; map.n <= layer.N; ++map.n) {
    for (map.e = 1; map.e <= layer.E(); ++map.e) {
      for (map.q = 1; map.q <= std::min(layer.C, problem.array.ifmap_spad); ++map.q) {
        for (map.r = 1; map.r <= std::min(layer.C, problem.array.rows); ++map.r) {
          for (map.p = 1; map.p <= std::min(layer.M, problem.array.psum_spad); ++map.p) {
            for (map.t = 1; map.t <= layer.M; ++map.t) {
              for (map.m = 1; map.m <= layer.M; ++map.m) {
                if ((map.m == layer.M || map.m % (map.p * map.t) == 0) &&
                    !illegal(layer, map, problem.array, problem.budget)) {
                  lowest = std::min(lowest, cost(problem, evaluate_mapping(problem, map, "")));
                }
              }
            }
          }
        }
      }
    }
  }
  return lowest;
}

/// Strips and image groups of uneven size are outside the space searched. They can win by a hair
/// (0.84 % was the most in 3000 random problems, 9 of which showed any difference).
TEST(Mapper, NoUntiledMappingAnywhereIsBetterByMoreThanOnePercent) {
  int equal = 0;
  int cases = 0;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    MapperProblem problem = random_problem(seed);
    problem.layer.M = std::min<std::int64_t>(problem.layer.M, 5);
    problem.layer.C = std::min<std::int64_t>(problem.layer.C, 4);
    problem.layer.H = std::min(problem.layer.H, problem.layer.R + 6);
    const double ours = cost(problem, best(problem));
    const double reference = lowest_cost(problem);
    EXPECT_LE(ours, reference * 1.01);
    ++cases;
    equal += ours <= reference * (1.0 + 1e-12) ? 1 : 0;
  }
  EXPECT_GE(equal * 100, cases * 95);
}

/// The pruned search against the same space without pruning.
TEST(Mapper, KeepsTheBestMappingsInOrder) {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    const MapperProblem problem = random_problem(seed);
    const auto all = search_mappings(problem, "layer", 1000000);
    const auto five = search_mappings(problem, "layer", 5);
    ASSERT_EQ(five.size(), std::min<std::size_t>(5, all.size()));
    for (std::size_t i = 0; i < five.size(); ++i) {
      EXPECT_EQ(five[i].mapping, all[i].mapping);
    }
    for (std::size_t i = 1; i < all.size(); ++i) {
      EXPECT_LE(cost(problem, all[i - 1]), cost(problem, all[i]));
    }
    EXPECT_EQ(best(problem).mapping, all.front().mapping);
  }
}

/// The limit against the unlimited search, filtered.
TEST(Mapper, LeavesOutWhatTakesMoreCyclesThanAllowed) {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    MapperProblem problem = random_problem(seed);
    problem.objective = Objective::cycles;
    const std::int64_t fewest = best(problem).estimated_cycles;
    problem.objective = Objective::energy;
    auto all = search_mappings(problem, "layer", 1000000);
    for (const std::int64_t most : {fewest - 1, fewest, fewest * 21 / 20, fewest * 2}) {
      problem.most_cycles = most;
      const auto some = search_mappings(problem, "layer", 7);
      std::vector<MappedLayer> expected;
      std::copy_if(all.begin(), all.end(), std::back_inserter(expected),
                   [most](const MappedLayer& mapped) { return mapped.estimated_cycles <= most; });
      ASSERT_EQ(some.size(), std::min<std::size_t>(7, expected.size()));
      for (std::size_t i = 0; i < some.size(); ++i) {
        EXPECT_EQ(some[i].mapping, expected[i].mapping);
      }
    }
  }
}

TEST(Mapper, EachObjectiveIsBestByItsOwnMeasure) {
  MapperProblem problem{
      .layer = alexnet()[2].shape, .array = {}, .budget = chip_buffer(), .weights = {}};
  std::vector<MappedLayer> found;
  const std::vector<Objective> objectives{Objective::cycles, Objective::energy,
                                          Objective::energy_delay};
  for (const Objective objective : objectives) {
    problem.objective = objective;
    found.push_back(best(problem));
  }
  for (std::size_t i = 0; i < objectives.size(); ++i) {
    problem.objective = objectives[i];
    for (const MappedLayer& other : found) {
      EXPECT_LE(cost(problem, found[i]), cost(problem, other));
    }
  }
  EXPECT_LT(found[0].estimated_cycles, found[1].estimated_cycles);
  EXPECT_LT(found[1].estimated_energy_pj, found[0].estimated_energy_pj);
}

TEST(Mapper, MapsMatrixVectorProductsOntoRowsAndColumns) {
  const MappedLayer fc = best(in_two_megabytes({.M = 1000, .C = 512}));
  EXPECT_GE(fc.active_pes, 120);
  EXPECT_EQ(fc.mapping.e, 1);
  EXPECT_EQ(fc.bound, "filter");
  // No faster than the filters arrive, and hardly slower.
  EXPECT_GE(fc.estimated_cycles, 1000 * 512 / 4);
  EXPECT_LE(fc.estimated_cycles, 1000 * 512 / 4 * 110 / 100);
}

TEST(Mapper, MapsTheShapesOfTheUsualNetworks) {
  struct Case {
    const char* name;
    LayerShape layer;
    double least_utilization;  ///< MACs / (cycles * PEs)
  };
  LayerShape stem = conv(64, 3, 112, 7, 2);
  stem.H = stem.W = 230;  // padding leaves a trailing row and column unused
  LayerShape depthwise = conv(1, 1, 112, 3, 1);
  depthwise.G = 32;
  LayerShape batch = conv(64, 64, 56, 3, 1);
  batch.N = 64;
  const std::vector<Case> cases{
      {"7x7 stride 2", stem, 0.5},
      {"3x3", conv(64, 64, 56, 3, 1), 0.9},
      {"3x3 stride 2", conv(128, 64, 28, 3, 2), 0.65},
      {"1x1", conv(256, 64, 56, 1, 1), 0.6},
      {"1x1 stride 2", conv(128, 64, 28, 1, 2), 0.6},
      {"last stage", conv(512, 512, 7, 3, 1), 0.45},
      {"11x11 stride 4", conv(96, 3, 55, 11, 4), 0.65},
      {"15x15 in parts", conv(16, 8, 50, 15, 1), 0.45},
      {"224 wide", conv(64, 64, 224, 3, 1), 0.9},
      {"depthwise: one filter and channel a pass", depthwise, 0.04},
      {"matrix-vector", {.M = 1200, .C = 300}, 0.02},
      {"matrix-matrix", {.N = 64, .M = 1200, .C = 300}, 0.5},
      {"fc as a convolution", conv(4096, 512, 1, 7, 1), 0.02},
      {"batch 64", batch, 0.95},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    const MapperProblem problem = in_two_megabytes(c.layer);
    const MappedLayer mapped = best(problem);
    SCOPED_TRACE(to_string(mapped.mapping));
    EXPECT_EQ(illegal(c.layer, mapped.mapping, problem.array, problem.budget), std::nullopt);
    const double utilization = static_cast<double>(c.layer.macs()) /
                               (static_cast<double>(mapped.estimated_cycles) * 168.0);
    EXPECT_GT(utilization, c.least_utilization);
    EXPECT_LE(utilization, 1.0);
  }
}

/// One filter a PE and set leaves three quarters of a psum turn of four empty.
TEST(Mapper, PrefersFullPsumTurnsToMoreSets) {
  const MapperProblem problem = in_two_megabytes(conv(3, 1, 28, 1, 1));
  const Mapping sets{.m = 3, .e = 28, .t = 3};
  const MappedLayer spread = evaluate_mapping(problem, sets, "layer");
  EXPECT_EQ(spread.bound, "psum");
  EXPECT_GE(spread.estimated_cycles, 28 * 28 * 3);  // a turn a pixel and filter
  const MappedLayer mapped = best(problem);
  EXPECT_EQ(mapped.mapping.p, 3);
  EXPECT_EQ(mapped.mapping.t, 1);
  EXPECT_LT(mapped.estimated_cycles * 3, spread.estimated_cycles * 2);
}

TEST(Mapper, ASlowDramBoundsTheEstimate) {
  MapperProblem problem = in_two_megabytes(conv(64, 64, 14, 3, 1));
  const MappedLayer fast = best(problem);
  problem.weights.dram_values_per_cycle = 0.01;
  const MappedLayer slow = best(problem);
  EXPECT_EQ(slow.bound, "dram");
  // Every filter and every ifmap value once, at a hundred clocks each.
  EXPECT_GE(slow.estimated_cycles, std::int64_t{100} * (64 * 64 * 9 + 64 * 16 * 16));
  problem.weights.dram_values_per_cycle = 1e9;
  EXPECT_EQ(best(problem).estimated_cycles, fast.estimated_cycles);
}

TEST(Mapper, AResidentIfmapIsNotFetched) {
  MapperProblem problem = in_two_megabytes(conv(64, 64, 14, 3, 1));
  const double fetched = best(problem).estimated_energy_pj;
  problem.budget.ifmap_resident = true;
  problem.weights.dram_ifmap = 1e6;  // nobody pays it
  EXPECT_LT(best(problem).estimated_energy_pj, fetched);
}

TEST(Mapper, TilesTheWidthWhenRowsDoNotFit) {
  MapperProblem problem = in_two_megabytes(conv(64, 64, 224, 3, 1));
  EXPECT_EQ(best(problem).mapping.width_tile, 0);
  problem.budget.bits = std::int64_t{4} * 1024 * 8;
  const MappedLayer tiled = best(problem);
  EXPECT_GT(tiled.mapping.width_tile, 0);
  EXPECT_EQ(illegal(problem.layer, tiled.mapping, problem.array, problem.budget), std::nullopt);
}

std::string message_of(const MapperProblem& problem, const std::optional<Mapping>& mapping) {
  try {
    if (mapping) {
      static_cast<void>(evaluate_mapping(problem, *mapping, "layer3.conv1"));
    } else {
      static_cast<void>(search_mappings(problem, "layer3.conv1"));
    }
  } catch (const InputError& error) {
    EXPECT_EQ(error.exit_code(), ExitCode::configuration);
    return error.what();
  }
  return "no error";
}

TEST(Mapper, NamesTheLayerAndTheRuleWhenNothingFits) {
  MapperProblem problem = in_two_megabytes(conv(64, 64, 14, 3, 1));
  problem.budget.bits = 100;
  EXPECT_EQ(message_of(problem, std::nullopt),
            "layer 'layer3.conv1': no legal mapping; even the smallest (m1 n1 e1 p1 q1 r1 t1 w1) "
            "is impossible: the tile needs 160 bits (144 of ifmap, 16 of psums), the buffer has "
            "100 free");
  problem = in_two_megabytes(conv(64, 64, 14, 3, 1));
  problem.array.filter_spad = 2;
  EXPECT_THAT(message_of(problem, std::nullopt),
              HasSubstr("p*q*S = 3 exceeds the 2-value filter spad"));
  problem.layer.R = 99;
  EXPECT_THAT(message_of(problem, std::nullopt), HasSubstr("R = 99 filter rows exceed H = 16"));
}

TEST(Mapper, RefusesAnIllegalMappingWithTheReason) {
  const MapperProblem problem = in_two_megabytes(conv(64, 64, 14, 3, 1));
  EXPECT_EQ(message_of(problem, Mapping{.m = 1, .q = 5}),
            "layer 'layer3.conv1': mapping m1 n1 e1 p1 q5 r1 t1 is illegal: q*S = 15 exceeds the "
            "12-value ifmap spad");
}

TEST(Mapper, EqualProblemsCompareEqual) {
  const MapperProblem a = in_two_megabytes(conv(64, 64, 14, 3, 1));
  MapperProblem b = a;
  EXPECT_EQ(a, b);
  b.weights.per_cycle = 2.0;
  EXPECT_NE(a, b);
  b = a;
  b.budget.ifmap_resident = true;
  EXPECT_NE(a, b);
}

}  // namespace
}  // namespace turnpike::dataflow::row_stationary
