#include <map>

#include <gtest/gtest.h>

#include "dataflow/extent.hpp"
#include "pe/pe_array.hpp"
#include "pe/systolic/systolic_model.hpp"
#include "sim/base/error.hpp"
#include "sim/base/random.hpp"
#include "tests/pe/systolic/structural_systolic.hpp"

namespace turnpike::pe::systolic {
namespace {

std::int32_t draw(Random& random, std::int64_t low, std::int64_t high) {
  return static_cast<std::int32_t>(random.integer(low, high));
}

TileShape random_tile(Random& random) {
  const bool large = draw(random, 1, 10) == 1;
  TileShape s;
  s.rows = draw(random, 1, large ? 20 : 7);
  s.columns = draw(random, 1, large ? 20 : 7);
  s.depth = draw(random, 1, large ? 60 : 25);
  s.ifmap_rate = draw(random, 1, 9);
  s.filter_rate = draw(random, 1, 9);
  s.psum_out_rate = draw(random, 1, 9);
  s.fifo_depth = draw(random, 1, 5);
  s.buffer_latency = draw(random, 0, 4);
  return s;
}

PassOperands random_operands(const TileShape& s, Random& random) {
  PassOperands o;
  for (std::int32_t i = 0; i < s.rows * s.depth; ++i) {
    o.ifmap.push_back(draw(random, 0, 2) == 0 ? 0 : draw(random, -9, 9));
  }
  for (std::int32_t i = 0; i < s.columns * s.depth; ++i) {
    o.filter.push_back(draw(random, -9, 9));
  }
  for (std::int32_t i = 0; i < s.rows * s.columns; ++i) {
    o.psum.push_back(draw(random, -100, 100));
  }
  return o;
}

std::vector<std::int64_t> naive(const TileShape& s, const PassOperands& o) {
  std::vector<std::int64_t> out = o.psum;
  for (std::int32_t i = 0; i < s.rows; ++i) {
    for (std::int32_t j = 0; j < s.columns; ++j) {
      for (std::int32_t k = 0; k < s.depth; ++k) {
        out[static_cast<std::size_t>(i * s.columns + j)] +=
            std::int64_t{o.ifmap[static_cast<std::size_t>(i * s.depth + k)]} *
            o.filter[static_cast<std::size_t>(j * s.depth + k)];
      }
    }
  }
  return out;
}

TileCounters run(const TileShape& shape, PassOperands* operands) {
  SystolicCore core;
  core.begin(shape, operands);
  for (std::uint64_t clock = 0; !core.step(); ++clock) {
    ensure(clock < 1'000'000, "a pass ends");
  }
  return core.counters();
}

TEST(SystolicCore, AgreesWithTheStructuralArrayOnRandomPasses) {
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Random random{seed};
    const TileShape shape = random_tile(random);
    PassOperands operands = random_operands(shape, random);
    const std::vector<std::int64_t> expected = naive(shape, operands);
    test::StructuralArray structural{shape, operands};
    const TileCounters of_structural = structural.run();
    const TileCounters of_core = run(shape, &operands);
    ASSERT_EQ(of_core, of_structural);
    ASSERT_EQ(operands.psum, expected);
    ASSERT_EQ(structural.psums(), expected);
    ASSERT_EQ(run(shape, nullptr), of_core) << "timing and counts do not depend on data";
  }
}

TEST(SystolicCore, SkippingTheLatencyChangesNothing) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Random random{seed};
    const TileShape shape = random_tile(random);
    SystolicCore core;
    core.begin(shape, nullptr);
    EXPECT_EQ(core.skip_load(), static_cast<std::uint64_t>(shape.buffer_latency));
    while (!core.step()) {
    }
    EXPECT_EQ(core.counters(), run(shape, nullptr));
  }
}

TEST(SystolicCore, TakesItsBoundIfBusesAreAsWideAsTheArrayAndNeverLess) {
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Random random{seed};
    TileShape shape = random_tile(random);
    EXPECT_GE(run(shape, nullptr).cycles, static_cast<std::uint64_t>(tile_bound(shape).cycles()));
    shape.ifmap_rate = shape.rows;
    shape.filter_rate = shape.psum_out_rate = shape.columns;
    shape.fifo_depth = std::max(shape.fifo_depth, 2);
    EXPECT_EQ(run(shape, nullptr).cycles, static_cast<std::uint64_t>(tile_bound(shape).cycles()));
  }
}

/// 2 rows + columns + depth - 2 (docs/systolic.md), and what this array has besides: the buffer's
/// latency and a clock in each of the FIFOs a word and a sum go through.
TEST(SystolicCore, TakesThePublishedClocksOfATileAndTheWayThroughItsFifos) {
  const TileShape shape{.rows = 12,
                        .columns = 14,
                        .depth = 1152,
                        .ifmap_rate = 12,
                        .filter_rate = 14,
                        .psum_out_rate = 14,
                        .fifo_depth = 14,
                        .buffer_latency = 2};
  EXPECT_EQ(run(shape, nullptr).cycles, 2U * 12 + 14 + 1152 - 2 + 2 + 2);
}

TEST(SystolicCore, WaitsForABusThatBringsAValueAClock) {
  const TileShape shape{.rows = 12,
                        .columns = 14,
                        .depth = 1152,
                        .ifmap_rate = 1,
                        .filter_rate = 14,
                        .psum_out_rate = 14};
  EXPECT_GE(run(shape, nullptr).cycles, 12U * 1152);
  EXPECT_LE(run(shape, nullptr).cycles, 12U * 1152 + 60);
}

struct Problem {
  LayerShape layer;
  SystolicMachine machine;
  std::vector<std::int32_t> ifmap, filter;
};

Problem random_problem(Random& random) {
  Problem p;
  LayerShape& x = p.layer;
  x = {.N = draw(random, 1, 3),
       .G = draw(random, 1, 2),
       .M = draw(random, 1, 9),
       .C = draw(random, 1, 4),
       .R = draw(random, 1, 3),
       .S = draw(random, 1, 3),
       .U = draw(random, 1, 3),
       .V = draw(random, 1, 3)};
  x.H = x.R + draw(random, 0, 7);
  x.W = x.S + draw(random, 0, 7);
  p.machine.rows = draw(random, 1, 9);
  p.machine.columns = draw(random, 1, 9);
  p.machine.filter_values = draw(random, 1, 200);
  p.machine.rates = random_tile(random);
  p.ifmap.resize(static_cast<std::size_t>(x.N * x.G * x.C * x.H * x.W));
  p.filter.resize(static_cast<std::size_t>(x.G * x.M * x.C * x.R * x.S));
  for (auto& value : p.ifmap) {
    value = draw(random, 0, 9);
  }
  for (auto& value : p.filter) {
    value = draw(random, -9, 9);
  }
  return p;
}

TileMapping random_mapping(const Problem& p, Random& random) {
  const LayerShape& x = p.layer;
  TileMapping m;
  m.n = draw(random, 1, x.N);
  m.e = m.n > 1 ? x.E() : draw(random, 1, x.E());
  m.x = draw(random, 1, std::min(p.machine.rows, m.n * m.e * x.F()));
  m.m = draw(random, 1, std::min(p.machine.columns, x.M));
  return m;
}

std::vector<std::int64_t> naive(const Problem& p) {
  const LayerShape& x = p.layer;
  std::vector<std::int64_t> out;
  for (std::int64_t n = 0; n < x.N; ++n) {
    for (std::int64_t m = 0; m < x.G * x.M; ++m) {
      for (std::int64_t y = 0; y < x.E(); ++y) {
        for (std::int64_t column = 0; column < x.F(); ++column) {
          std::int64_t sum = 0;
          for (std::int64_t c = 0; c < x.C; ++c) {
            for (std::int64_t i = 0; i < x.R; ++i) {
              for (std::int64_t s = 0; s < x.S; ++s) {
                const std::int64_t plane = (n * x.G + m / x.M) * x.C + c;
                const std::int64_t a = (plane * x.H + y * x.U + i) * x.W + column * x.V + s;
                const std::int64_t w = ((m * x.C + c) * x.R + i) * x.S + s;
                sum += std::int64_t{p.ifmap[static_cast<std::size_t>(a)]} *
                       p.filter[static_cast<std::size_t>(w)];
              }
            }
          }
          out.push_back(sum);
        }
      }
    }
  }
  return out;
}

/// What all passes of a mapping come to, stepped one by one.
struct Totals {
  std::uint64_t passes = 0, cycles = 0, macs = 0, ifmap = 0, filter = 0, psums = 0;
  std::uint64_t dram_filter = 0, dram_ifmap = 0, final_psums = 0;
};

Totals totals_of(const Problem& p, const TileMapping& mapping) {
  const Systolic array{p.machine};
  std::map<PassKey, PassResult> known;
  Totals t;
  array.for_each_pass(
      p.layer, to_letters(mapping), [&](const ArrayPass& pass, const PassFootprint& needs) {
        if (!known.contains(pass.key)) {
          known[pass.key] = array.time(pass.key, nullptr);
        }
        const PassResult& r = known[pass.key];
        ++t.passes;
        t.cycles += r.cycles;
        t.macs += r.mac_slots;
        t.ifmap += r.ifmap_words;
        t.filter += r.filter_words;
        t.psums += r.psum_out_words;
        t.dram_filter += static_cast<std::uint64_t>(
            needs.new_filter ? needs.filter.filters * needs.filter.channels * needs.filter.taps
                             : 0);
        t.dram_ifmap += static_cast<std::uint64_t>(needs.new_ifmap ? needs.ifmap.values() : 0);
        t.final_psums += static_cast<std::uint64_t>(needs.final_psums);
      });
  return t;
}

TEST(SystolicMapping, ItsClosedFormsAreTheSumsOfItsSteppedPasses) {
  for (std::uint64_t seed = 1; seed <= 120; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Random random{seed};
    const Problem p = random_problem(random);
    const TileMapping mapping = random_mapping(p, random);
    const Totals t = totals_of(p, mapping);
    const ExpectedJob expected = expect(p.layer, mapping, p.machine);
    EXPECT_TRUE(expected.passes.holds(t.passes));
    EXPECT_TRUE(expected.mac_slots.holds(t.macs));
    EXPECT_EQ(t.macs, static_cast<std::uint64_t>(p.layer.macs()));
    EXPECT_TRUE(expected.ifmap_words.holds(t.ifmap));
    EXPECT_TRUE(expected.filter_words.holds(t.filter));
    EXPECT_TRUE(expected.psum_out_words.holds(t.psums));
    EXPECT_EQ(t.final_psums, static_cast<std::uint64_t>(p.layer.ofmap_values()));
    EXPECT_TRUE(expected.dram_filter_values.holds(t.dram_filter));
    EXPECT_TRUE(expected.dram_ifmap_values.holds(t.dram_ifmap));
    EXPECT_GE(t.cycles, expected.least_cycles);
    const dataflow::MappingProblem problem{p.layer, {.bits = 1 << 30}, {}, {}};
    EXPECT_EQ(evaluate(problem, mapping, p.machine, "l").passes,
              static_cast<std::int64_t>(t.passes));
  }
}

TEST(SystolicMapping, ThePassesComputeTheLayerByTheDataPathAndByTheArray) {
  for (std::uint64_t seed = 1; seed <= 120; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Random random{seed};
    const Problem p = random_problem(random);
    const Systolic array{p.machine};
    const Mapping mapping = to_letters(random_mapping(p, random));
    const auto expected = naive(p);
    const auto data = array.data(p.layer, p.ifmap, p.filter);
    const auto by_array = array.data(p.layer, p.ifmap, p.filter);
    array.for_each_pass(p.layer, mapping, [&](const ArrayPass& pass, const PassFootprint&) {
      data->run_pass(pass);
      PassOperands operands = by_array->operands(pass);
      run(shape_of<TileShape>(pass.key), &operands);
      by_array->store_psums(pass, operands);
    });
    ASSERT_EQ(data->psums_as_integer(), expected);
    ASSERT_EQ(by_array->psums_as_integer(), expected);
    const auto whole = array.data(p.layer, p.ifmap, p.filter);
    whole->run_layer();
    ASSERT_EQ(whole->psums_as_integer(), expected);
  }
}

TEST(SystolicMapping, TheSearchFindsNothingWorseThanARandomMapping) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Random random{seed};
    const Problem p = random_problem(random);
    const dataflow::MappingProblem problem{p.layer, {.bits = random.integer(2000, 40000)}, {}, {}};
    if (illegal(problem, {}, p.machine)) {
      EXPECT_THROW(static_cast<void>(search(problem, p.machine, "l", 1)), InputError);
      continue;
    }
    const auto best = search(problem, p.machine, "l", 3);
    EXPECT_FALSE(illegal(problem, from_letters(best[0].mapping), p.machine));
    for (int i = 0; i < 40; ++i) {
      const TileMapping other = random_mapping(p, random);
      if (!illegal(problem, other, p.machine)) {
        EXPECT_LE(best[0].estimated_cycles,
                  evaluate(problem, other, p.machine, "l").estimated_cycles);
      }
    }
  }
}

/// conv3_x of docs/systolic.md: 66 x 10 tiles; the published form charges each 1188 clocks.
TEST(SystolicMapping, TakesTheClocksOfItsPageForConv3x) {
  Problem p;
  p.layer = {.M = 128, .C = 128, .H = 30, .W = 30, .R = 3, .S = 3};
  p.machine.rows = 12;
  p.machine.columns = 14;
  p.machine.rates.ifmap_rate = 12;
  p.machine.rates.filter_rate = p.machine.rates.psum_out_rate = p.machine.rates.fifo_depth = 14;
  const dataflow::MappingProblem problem{p.layer, {.bits = 1 << 24}, {}, {}};
  const auto best = search(problem, p.machine, "conv3_x", 1).front();
  EXPECT_EQ(best.passes, 660);
  const Totals stepped = totals_of(p, from_letters(best.mapping));
  constexpr std::uint64_t kPublished = 660 * (2 * 12 + 14 + 1152 - 2);
  constexpr std::uint64_t kLatencyAndFifos = 660 * 4;
  constexpr std::uint64_t kRagged = 10 * 2 * (12 - 4) + 66 * (10 * 14 - 128);
  EXPECT_EQ(stepped.cycles, kPublished + kLatencyAndFifos - kRagged);
  EXPECT_EQ(static_cast<std::uint64_t>(best.estimated_cycles), stepped.cycles);
}

TEST(SystolicMapping, RefusesWhatDoesNotFit) {
  const LayerShape layer{.N = 2, .M = 8, .C = 3, .H = 6, .W = 6, .R = 3, .S = 3};
  SystolicMachine machine;
  machine.rows = machine.columns = 4;
  const dataflow::MappingProblem problem{layer, {.bits = 10000}, {}, {}};
  EXPECT_FALSE(illegal(problem, {1, 4, 4, 4}, machine));
  EXPECT_EQ(illegal(problem, {1, 4, 5, 4}, machine), "x = 5 exceeds the PE rows = 4");
  EXPECT_EQ(illegal(problem, {1, 4, 4, 5}, machine), "m = 5 exceeds the PE columns = 4");
  EXPECT_TRUE(illegal(problem, {2, 3, 4, 4}, machine));
  const dataflow::MappingProblem small{layer, {.bits = 1000}, {}, {}};
  EXPECT_TRUE(illegal(small, {1, 4, 4, 4}, machine));
  EXPECT_THROW(static_cast<void>(from_letters({"row_stationary", {{"m", 1}}}, "l")), InputError);
  EXPECT_THROW(static_cast<void>(from_letters({"systolic", {{"n", 1}, {"e", 1}, {"x", 1}}}, "l")),
               InputError);
  EXPECT_THROW(static_cast<void>(from_letters(
                   {"systolic", {{"n", 1}, {"e", 1}, {"x", 1}, {"m", 1}, {"width_tile", 2}}}, "l")),
               InputError);
}

}  // namespace
}  // namespace turnpike::pe::systolic
