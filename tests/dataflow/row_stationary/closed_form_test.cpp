#include "dataflow/row_stationary/closed_form.hpp"

#include <map>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include "dataflow/row_stationary/pass_kinds.hpp"
#include "tests/dataflow/row_stationary/alexnet.hpp"
#include "tests/dataflow/row_stationary/random_layer.hpp"

namespace turnpike::dataflow::row_stationary {
namespace {

using test::alexnet;
using test::ChipLayer;
using test::random_case;
using test::RandomCase;

constexpr std::uint64_t kSeeds = 400;

/// The counts again, added up pass by pass from what each pass does.
TrafficCounts counted(const RandomCase& c) {
  TrafficCounts sum;
  for_each_pass(c.layer, c.mapping, c.array, [&](const ProcessingPass& pass) {
    const std::int64_t psums = pass.images * pass.filters * pass.e * pass.F;
    ++sum.passes;
    sum.macs += psums * pass.channels * pass.R * pass.S;
    sum.glb_ifmap_reads += ifmap_values_sent(pass, c.layer);
    sum.glb_filter_reads += filter_values(pass);
    sum.array_psum_words += psums;
    sum.glb_psum_reads += pass.first_accumulation ? 0 : psums;
    sum.glb_psum_writes += psums;
    sum.glb_ofmap_readout += pass.last_accumulation ? psums : 0;
    sum.dram_filter_reads += filter_values(pass);
    sum.dram_ifmap_reads += pass.new_ifmap_tile ? ifmap_tile_values(pass, c.layer) : 0;
    sum.dram_ofmap_writes += pass.last_accumulation ? psums : 0;
    // Each PE slides over one ifmap row an image and channel; each column of a set holds all rows.
    const std::int64_t columns =
        pass.S < c.layer.V ? pass.F * pass.S : (pass.F - 1) * c.layer.V + pass.S;
    sum.ifmap_spad_writes += pass.images * pass.channels * pass.R * pass.e * pass.t * columns;
    sum.filter_spad_writes += filter_values(pass) * pass.e;
  });
  return sum;
}

void expect_equal(const TrafficCounts& formula, const TrafficCounts& sum) {
  EXPECT_EQ(formula.macs, sum.macs);
  EXPECT_EQ(formula.passes, sum.passes);
  EXPECT_EQ(formula.glb_ifmap_reads, sum.glb_ifmap_reads);
  EXPECT_EQ(formula.glb_filter_reads, sum.glb_filter_reads);
  EXPECT_EQ(formula.array_psum_words, sum.array_psum_words);
  EXPECT_EQ(formula.glb_psum_reads, sum.glb_psum_reads);
  EXPECT_EQ(formula.glb_psum_writes, sum.glb_psum_writes);
  EXPECT_EQ(formula.glb_ofmap_readout, sum.glb_ofmap_readout);
  EXPECT_EQ(formula.dram_filter_reads, sum.dram_filter_reads);
  EXPECT_EQ(formula.dram_ifmap_reads, sum.dram_ifmap_reads);
  EXPECT_EQ(formula.dram_ofmap_writes, sum.dram_ofmap_writes);
  EXPECT_EQ(formula.ifmap_spad_writes, sum.ifmap_spad_writes);
  EXPECT_EQ(formula.filter_spad_writes, sum.filter_spad_writes);
}

TEST(ClosedForm, CountsEqualTheSumOverThePasses) {
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    const RandomCase c = random_case(seed);
    expect_equal(closed_form_counts(c.layer, c.mapping, c.array), counted(c));
  }
}

TEST(ClosedForm, CountsEqualTheSumOverThePassesForTheShapesNetworksHave) {
  const ArrayGeometry chip;
  const std::vector<std::tuple<LayerShape, Mapping>> cases{
      // 7x7 stride 2, one trailing row and column unused
      {{.M = 64, .C = 3, .H = 230, .W = 230, .R = 7, .S = 7, .U = 2, .V = 2},
       {.m = 64, .e = 14, .p = 24, .q = 1, .r = 1, .t = 1}},
      // 1x1 stride 2: half the rows and columns are in gaps
      {{.N = 2, .M = 128, .C = 64, .H = 56, .W = 56, .U = 2, .V = 2},
       {.m = 128, .n = 2, .e = 14, .p = 16, .q = 12, .r = 4, .t = 3}},
      // kernel parts with width tiles
      {{.M = 8, .C = 3, .H = 40, .W = 40, .R = 15, .S = 15},
       {.m = 8, .e = 13, .p = 8, .q = 1, .r = 1, .t = 1, .width_tile = 9}},
      // depthwise
      {{.G = 32, .H = 30, .W = 30, .R = 3, .S = 3}, {.e = 14}},
      // matrix-vector
      {{.M = 1000, .C = 512}, {.m = 1000, .p = 18, .q = 12, .r = 12, .t = 14}},
  };
  for (const auto& [layer, mapping] : cases) {
    SCOPED_TRACE(to_string(mapping));
    ASSERT_EQ(illegal(layer, mapping, chip, {.bits = 1 << 25}), std::nullopt);
    const RandomCase c{layer, chip, mapping};
    expect_equal(closed_form_counts(layer, mapping, chip), counted(c));
  }
}

TEST(ClosedForm, TheFormulasOfThePapersHoldForAlexNetConv4) {
  const ChipLayer& conv4 = alexnet()[3];
  const TrafficCounts counts = closed_form_counts(conv4.shape, conv4.mapping, {});
  // N G C ((13-1)+3) 15 * ceil(192/32); one strip, all four images in a pass.
  EXPECT_EQ(counts.glb_ifmap_reads, 4 * 2 * 192 * 15 * 15 * 6);
  EXPECT_EQ(counts.glb_filter_reads, 2 * 192 * 192 * 9);
  EXPECT_EQ(counts.array_psum_words, 32 * 4 * 384 * 169);
  EXPECT_EQ(counts.glb_psum_reads, 31 * 4 * 384 * 169);
  EXPECT_EQ(counts.dram_ifmap_reads, 4 * 384 * 15 * 15 * 3);
  EXPECT_EQ(counts.macs, 448561152);
}

double glb_mib(const TrafficCounts& c) {
  return static_cast<double>(c.glb_ifmap_reads + c.glb_filter_reads + c.glb_psum_reads +
                             c.glb_psum_writes + c.glb_ofmap_readout) *
         2.0 / (1024.0 * 1024.0);
}

TEST(ClosedForm, BufferTrafficMatchesTheChip) {
  for (const ChipLayer& layer : alexnet()) {
    SCOPED_TRACE(layer.name);
    const double mib = glb_mib(closed_form_counts(layer.shape, layer.mapping, {}));
    if (layer.shape.R == 11) {
      // Unexplained: 45,360 rules of counting were tried elsewhere, none fits this layer, too.
      EXPECT_NEAR(mib / layer.glb_mib, 1.066, 0.003);
    } else {
      EXPECT_NEAR(mib / layer.glb_mib, 0.9855, 0.003);
    }
  }
}

/// Bits of a run-length coded stream with a fraction `zeros` of zeros at random positions: three
/// pairs of a 5-bit run and a 16-bit level in a 64-bit word; a run ends at 31 zeros.
double coded_bytes(std::int64_t values, double zeros) {
  double longest = 1.0;  // expected values a pair covers = sum of zeros^i, i = 0..31
  double power = 1.0;
  for (int i = 1; i <= 31; ++i) {
    power *= zeros;
    longest += power;
  }
  return static_cast<double>(values) / longest / 3.0 * 8.0;
}

TEST(ClosedForm, DramTrafficMatchesTheChipWithRunLengthCoding) {
  // Zeros in ifmap (measured) and ofmap (the next layer's ifmap, before pooling; assumed).
  const std::vector<std::pair<double, double>> zeros{
      {0.0001, 0.55}, {0.387, 0.65}, {0.725, 0.793}, {0.793, 0.776}, {0.776, 0.80}};
  // What the closed form gave when it was derived, 10^6 bytes; the chip: 5.0 4.0 3.0 2.1 1.3.
  const std::vector<double> expected{5.1, 4.4, 2.9, 2.1, 1.4};
  for (std::size_t i = 0; i < alexnet().size(); ++i) {
    const ChipLayer& layer = alexnet().at(i);
    SCOPED_TRACE(layer.name);
    const TrafficCounts counts = closed_form_counts(layer.shape, layer.mapping, {});
    const double raw_ifmap = static_cast<double>(counts.dram_ifmap_reads) * 2.0;
    const double megabytes =
        (static_cast<double>(counts.dram_filter_reads) * 2.0 +
         std::min(raw_ifmap, coded_bytes(counts.dram_ifmap_reads, zeros[i].first)) +
         coded_bytes(counts.dram_ofmap_writes, zeros[i].second)) /
        1e6;
    EXPECT_NEAR(megabytes, expected[i], 0.15);
  }
}

TEST(ClosedForm, APassBoundCountsEachResource) {
  // CONV1's full pass, every figure by hand: 32 filters of 1 channel, 7 strips rows, 55 columns.
  const ChipLayer& conv1 = alexnet()[0];
  const ProcessingPass pass{
      .filters = 32, .p = 16, .t = 2, .channels = 1, .e = 7, .F = 55, .R = 11, .S = 11};
  const PassBound bound = pass_bound(pass, conv1.shape, {});
  EXPECT_EQ(bound.fill, 1024);  // 22 streams of 176 values in 44 words: 968, in units of 512
  // 11 columns of (7-1)*4+11 = 35 rows, less 16 MACs on each of all values but the last.
  EXPECT_EQ(bound.window, 35 * 11 - 16 * 10);
  EXPECT_EQ(bound.mac, 55 * 16 * 11);  // a MAC a clock
  // The fourth filter of the first column is done 12 MACs before the last; the bus may have passed
  // 7 turns when it takes the group of the last of 7 columns.
  EXPECT_EQ(bound.first_psum, bound.window + 16 * 11 - 12 - 7);
  EXPECT_EQ(bound.psum, 55 * 7 * (4 + 4));  // two sets of 16 filters, 4 a clock
  EXPECT_EQ(bound.psum_in, bound.psum - 3);
  EXPECT_EQ(bound.ifmap, 35 * 227);
  EXPECT_EQ(bound.last_ifmap, 16);
  EXPECT_EQ(bound.drain, 1 + 3 + 11);
  EXPECT_EQ(bound.cycles(), 1024 + 15 + 225 + 55 * 16 * 11);
  EXPECT_EQ(bound.bound(), "mac");
}

TEST(ClosedForm, TheWorkedExampleOfTheDocumentationHolds) {
  const ChipLayer& conv3 = alexnet()[2];
  std::map<std::pair<std::int64_t, std::string_view>, std::int64_t> passes;
  std::int64_t cycles = 0;
  for (const PassKind& kind : pass_kinds(conv3.shape, conv3.mapping, {})) {
    const PassBound bound = pass_bound(kind.pass, conv3.shape, {});
    passes[{bound.cycles(), bound.bound()}] += kind.count;
    cycles += kind.count * bound.cycles();
  }
  const decltype(passes) expected{{{8152, "mac"}, std::int64_t{12} * 42}, {{6101, "psum"}, 12}};
  EXPECT_EQ(passes, expected);
  EXPECT_EQ(cycles, 4181820);
}

TEST(ClosedForm, ExactFilterLoadsAreNotRounded) {
  const ProcessingPass pass{.filters = 5, .p = 5, .R = 3, .S = 3};
  ArrayGeometry exact;
  exact.filter_load_values = 1;
  const LayerShape layer{.M = 5, .H = 3, .W = 3, .R = 3, .S = 3};
  EXPECT_EQ(pass_bound(pass, layer, {}).fill, 512);
  EXPECT_EQ(pass_bound(pass, layer, exact).fill, 12);  // 3 rows of ceil(15 / 4)
}

TEST(ClosedForm, TheBoundNamesTheLargestResource) {
  const auto name = [](const PassBound& bound) { return std::string{bound.bound()}; };
  EXPECT_EQ(name({.fill = 10, .window = 1, .mac = 20, .psum = 5, .ifmap = 5}), "mac");
  EXPECT_EQ(name({.fill = 10, .mac = 20, .first_psum = 8, .psum = 15}), "psum");
  EXPECT_EQ(name({.fill = 10, .mac = 20, .ifmap = 25}), "ifmap");
  EXPECT_EQ(name({.mac = 20, .psum = 15, .psum_in = 25, .drain = 8}), "psum");
  EXPECT_EQ(name({.fill = 30, .mac = 20, .ifmap = 25}), "filter");
}

TEST(ClosedForm, ABusTurnHoldsValuesOfOneSet) {
  EXPECT_EQ(set_turns(8, 4, 4), 2);
  EXPECT_EQ(set_turns(3, 1, 4), 3);   // p = 1: a turn a psum
  EXPECT_EQ(set_turns(10, 5, 4), 4);  // 4 + 1 of each of two sets
  EXPECT_EQ(set_turns(7, 5, 4), 3);   // the last set is smaller
  const LayerShape layer{.M = 3, .C = 5, .H = 1, .W = 10};
  const ProcessingPass pass{.filters = 3, .p = 1, .t = 3, .channels = 5, .q = 3, .r = 2, .F = 10};
  ArrayGeometry array;
  array.ifmap_rate = 2;
  const PassBound bound = pass_bound(pass, layer, array);
  EXPECT_EQ(bound.psum, 10 * 3);
  EXPECT_EQ(bound.ifmap, 10 * (2 + 1));
  array.psum_in_rate = array.psum_out_rate = 1;
  EXPECT_EQ(pass_bound(pass, layer, array).psum, 10 * 3);
}

TEST(ClosedForm, AStrideBeyondTheKernelSendsOnlyTheRowsAndColumnsUsed) {
  const LayerShape layer{.H = 7, .W = 7, .U = 2, .V = 2};
  const ProcessingPass pass{.e = 4, .F = 4};
  const PassBound bound = pass_bound(pass, layer, {});
  EXPECT_EQ(bound.ifmap, 16);
  EXPECT_EQ(bound.window, 4);
  EXPECT_EQ(ifmap_tile_values(pass, layer), 4 * 7);
}

using Extents =
    std::tuple<std::int64_t, std::int64_t, std::int64_t, std::int64_t, std::int64_t, std::int64_t,
               std::int64_t, std::int64_t, std::int64_t, std::int64_t, std::int64_t, bool>;

Extents extents(const ProcessingPass& p) {
  return {p.images, p.filters, p.p, p.t, p.channels, p.q,
          p.r,      p.e,       p.F, p.R, p.S,        p.new_ifmap_tile};
}

TEST(PassKinds, AreThePassesGroupedByTheirExtents) {
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    const RandomCase c = random_case(seed);
    std::map<Extents, std::int64_t> visited;
    for_each_pass(c.layer, c.mapping, c.array,
                  [&visited](const ProcessingPass& pass) { ++visited[extents(pass)]; });
    std::map<Extents, std::int64_t> listed;
    for (const PassKind& kind : pass_kinds(c.layer, c.mapping, c.array)) {
      EXPECT_GT(kind.count, 0);
      listed[extents(kind.pass)] += kind.count;
    }
    EXPECT_EQ(listed, visited) << to_string(c.mapping);
  }
}

}  // namespace
}  // namespace turnpike::dataflow::row_stationary
