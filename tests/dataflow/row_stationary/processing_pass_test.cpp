#include "dataflow/row_stationary/processing_pass.hpp"

#include <map>
#include <set>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include "tests/dataflow/row_stationary/alexnet.hpp"
#include "tests/dataflow/row_stationary/random_layer.hpp"

namespace turnpike::dataflow::row_stationary {
namespace {

using test::random_case;
using test::RandomCase;

constexpr std::uint64_t kPassSeeds = 150;

std::vector<ProcessingPass> passes_of(const RandomCase& c) {
  std::vector<ProcessingPass> passes;
  for_each_pass(c.layer, c.mapping, c.array,
                [&passes](const ProcessingPass& pass) { passes.push_back(pass); });
  return passes;
}

/// Position of an ofmap value (group, image, filter, row, column) in a flat count.
class OfmapCounts {
 public:
  explicit OfmapCounts(const LayerShape& layer)
      : layer_{layer}, counts_(static_cast<std::size_t>(layer.ofmap_values())) {}
  std::int64_t& at(std::int64_t group, std::int64_t image, std::int64_t filter, std::int64_t row,
                   std::int64_t column) {
    return counts_.at(static_cast<std::size_t>(
        (((image * layer_.G + group) * layer_.M + filter) * layer_.E() + row) * layer_.F() +
        column));
  }
  [[nodiscard]] const std::vector<std::int64_t>& all() const { return counts_; }

 private:
  LayerShape layer_;
  std::vector<std::int64_t> counts_;
};

template <class F>
void for_each_output(const ProcessingPass& pass, const F& f) {
  for (std::int64_t image = pass.image0; image < pass.image0 + pass.images; ++image) {
    for (std::int64_t filter = pass.filter0; filter < pass.filter0 + pass.filters; ++filter) {
      for (std::int64_t row = pass.row0; row < pass.row0 + pass.e; ++row) {
        for (std::int64_t column = pass.column0; column < pass.column0 + pass.F; ++column) {
          f(image, filter, row, column);
        }
      }
    }
  }
}

TEST(ProcessingPass, TogetherTheyDoEveryTapOfEveryOutputExactlyOnce) {
  for (std::uint64_t seed = 0; seed < kPassSeeds; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    const RandomCase c = random_case(seed);
    const std::int64_t taps = c.layer.C * c.layer.R * c.layer.S;
    // One flag for each (output, channel, kernel row, kernel column).
    std::vector<std::uint8_t> done(static_cast<std::size_t>(c.layer.macs()));
    OfmapCounts index{c.layer};
    std::int64_t next = 0;
    for_each_output({.images = c.layer.N, .filters = c.layer.M, .e = c.layer.E(), .F = c.layer.F()},
                    [&](auto image, auto filter, auto row, auto column) {
                      for (std::int64_t group = 0; group < c.layer.G; ++group) {
                        index.at(group, image, filter, row, column) = next++;
                      }
                    });
    for (const ProcessingPass& pass : passes_of(c)) {
      for_each_output(pass, [&](auto image, auto filter, auto row, auto column) {
        const std::int64_t output = index.at(pass.group, image, filter, row, column);
        for (std::int64_t ch = pass.channel0; ch < pass.channel0 + pass.channels; ++ch) {
          for (std::int64_t i = pass.kernel_row0; i < pass.kernel_row0 + pass.R; ++i) {
            for (std::int64_t j = pass.kernel_column0; j < pass.kernel_column0 + pass.S; ++j) {
              ++done.at(
                  static_cast<std::size_t>(output * taps + (ch * c.layer.R + i) * c.layer.S + j));
            }
          }
        }
      });
    }
    EXPECT_TRUE(std::all_of(done.begin(), done.end(), [](auto n) { return n == 1; }))
        << to_string(c.mapping);
  }
}

TEST(ProcessingPass, EveryPsumIsInitialisedFirstFinishedLastAndReadOutOnce) {
  for (std::uint64_t seed = 0; seed < kPassSeeds; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    const RandomCase c = random_case(seed);
    OfmapCounts visits{c.layer};
    OfmapCounts finished{c.layer};
    OfmapCounts tile_ended{c.layer};
    std::vector<ProcessingPass> tile;
    for (const ProcessingPass& pass : passes_of(c)) {
      for_each_output(pass, [&](auto image, auto filter, auto row, auto column) {
        EXPECT_EQ(finished.at(pass.group, image, filter, row, column), 0);
        EXPECT_EQ(visits.at(pass.group, image, filter, row, column)++ == 0,
                  pass.first_accumulation);
        finished.at(pass.group, image, filter, row, column) += pass.last_accumulation ? 1 : 0;
      });
      tile.push_back(pass);
      if (pass.ends_tile) {
        for (const ProcessingPass& member : tile) {
          for_each_output(member, [&](auto image, auto filter, auto row, auto column) {
            EXPECT_EQ(finished.at(pass.group, image, filter, row, column), 1);
            tile_ended.at(pass.group, image, filter, row, column) = 1;
          });
        }
        tile.clear();
      }
    }
    EXPECT_TRUE(tile.empty());
    for (const std::int64_t ended : tile_ended.all()) {
      EXPECT_EQ(ended, 1);
    }
  }
}

TEST(ProcessingPass, SetsAreNeverEmptyAndStayInsideTheMapping) {
  for (std::uint64_t seed = 0; seed < kPassSeeds; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    const RandomCase c = random_case(seed);
    for (const ProcessingPass& pass : passes_of(c)) {
      EXPECT_LE(pass.p, c.mapping.p);
      if (pass.e == c.mapping.e || !c.array.spread_short_strips) {
        EXPECT_LE(pass.t, c.mapping.t);
      }
      EXPECT_LE(pass.q, c.mapping.q);
      EXPECT_LE(pass.r, c.mapping.r);
      EXPECT_LE(pass.filters, pass.p * pass.t);
      EXPECT_GT(pass.filters, pass.p * (pass.t - 1));
      EXPECT_LE(pass.channels, pass.q * pass.r);
      EXPECT_GT(pass.channels, pass.q * (pass.r - 1));
      EXPECT_LE(pass.R, c.array.rows);
      EXPECT_LE(pass.q * pass.S, c.array.ifmap_spad);
      EXPECT_TRUE(place(pass, c.array).fits());
      EXPECT_LE(active_pes(pass), c.array.rows * c.array.columns);
    }
  }
}

TEST(ProcessingPass, TileAndSentValuesAreTheDistinctOnesItsTapsTouch) {
  for (std::uint64_t seed = 0; seed < kPassSeeds; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    const RandomCase c = random_case(seed);
    for (const ProcessingPass& pass : passes_of(c)) {
      std::set<std::int64_t> rows;
      std::set<std::int64_t> columns;
      for (std::int64_t e = pass.row0; e < pass.row0 + pass.e; ++e) {
        for (std::int64_t i = pass.kernel_row0; i < pass.kernel_row0 + pass.R; ++i) {
          rows.insert(e * c.layer.U + i);
        }
      }
      for (std::int64_t f = pass.column0; f < pass.column0 + pass.F; ++f) {
        for (std::int64_t j = pass.kernel_column0; j < pass.kernel_column0 + pass.S; ++j) {
          columns.insert(f * c.layer.V + j);
        }
      }
      const std::int64_t planes = pass.images * pass.channels;
      EXPECT_EQ(ifmap_values_sent(pass, c.layer), planes * std::ssize(rows) * std::ssize(columns));
      EXPECT_EQ(ifmap_tile_values(pass, c.layer),
                planes * std::ssize(rows) * (*columns.rbegin() - *columns.begin() + 1));
      EXPECT_LT(*rows.rbegin(), c.layer.H);
      EXPECT_LT(*columns.rbegin(), c.layer.W);
    }
  }
}

TEST(ProcessingPass, ATileIsNewExactlyWhenItsValuesChange) {
  for (std::uint64_t seed = 0; seed < kPassSeeds; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    const auto values = [](const ProcessingPass& pass) {
      return std::tuple{pass.group,    pass.image0,      pass.images, pass.channel0,
                        pass.channels, pass.row0,        pass.e,      pass.column0,
                        pass.F,        pass.kernel_row0, pass.R,      pass.kernel_column0,
                        pass.S};
    };
    std::optional<ProcessingPass> previous;
    for (const ProcessingPass& pass : passes_of(random_case(seed))) {
      EXPECT_EQ(pass.new_ifmap_tile, !previous || values(*previous) != values(pass));
      previous = pass;
    }
  }
}

TEST(ProcessingPass, FiltersAreInnermostAndChannelsGoRoundBeforeTheStripMoves) {
  const LayerShape layer{.N = 2, .M = 5, .C = 3, .H = 4, .W = 4, .R = 1, .S = 1};
  const Mapping map{.m = 4, .n = 1, .e = 2, .p = 2, .q = 2, .r = 1, .t = 1};
  std::vector<std::tuple<std::int64_t, std::int64_t, std::int64_t, std::int64_t>> order;
  for_each_pass(layer, map, ArrayGeometry{}, [&order](const ProcessingPass& pass) {
    order.emplace_back(pass.image0, pass.row0, pass.channel0, pass.filter0);
  });
  const decltype(order) expected{
      {0, 0, 0, 0}, {0, 0, 0, 2}, {0, 0, 2, 0}, {0, 0, 2, 2},  // m group 0, first strip
      {0, 2, 0, 0}, {0, 2, 0, 2}, {0, 2, 2, 0}, {0, 2, 2, 2},  // second strip
      {1, 0, 0, 0}, {1, 0, 0, 2}, {1, 0, 2, 0}, {1, 0, 2, 2},  // image 1
      {1, 2, 0, 0}, {1, 2, 0, 2}, {1, 2, 2, 0}, {1, 2, 2, 2},
      {0, 0, 0, 4}, {0, 0, 2, 4}, {0, 2, 0, 4}, {0, 2, 2, 4},  // m group 1: the last filter
      {1, 0, 0, 4}, {1, 0, 2, 4}, {1, 2, 0, 4}, {1, 2, 2, 4}};
  EXPECT_EQ(order, expected);
}

TEST(ProcessingPass, RaggedFiltersSpreadOverAsFewSetsAsNeeded) {
  const LayerShape layer{.M = 21, .C = 1};
  const Mapping map{.m = 21, .p = 4, .t = 4};
  std::vector<ProcessingPass> passes;
  for_each_pass(layer, map, ArrayGeometry{},
                [&passes](const ProcessingPass& pass) { passes.push_back(pass); });
  ASSERT_EQ(passes.size(), 2U);
  EXPECT_EQ(passes[0].filters, 16);
  EXPECT_EQ(passes[1].filters, 5);
  EXPECT_EQ(passes[1].t, 2);
  EXPECT_EQ(passes[1].p, 3);
}

TEST(ProcessingPass, AlexNetHasTheExpectedNumberOfPasses) {
  // groups * m groups * image groups * strips * channel groups * filter blocks
  const std::vector<std::int64_t> expected{
      std::int64_t{1} * 1 * 4 * 8 * 3 * 3, std::int64_t{2} * 2 * 4 * 1 * 24 * 4,
      std::int64_t{1} * 6 * 1 * 1 * 43 * 2, std::int64_t{2} * 3 * 1 * 1 * 32 * 2,
      std::int64_t{2} * 2 * 1 * 1 * 32 * 2};
  for (std::size_t i = 0; i < expected.size(); ++i) {
    std::int64_t passes = 0;
    for_each_pass(test::alexnet().at(i).shape, test::alexnet().at(i).mapping, ArrayGeometry{},
                  [&passes](const ProcessingPass&) { ++passes; });
    EXPECT_EQ(passes, expected[i]) << test::alexnet().at(i).name;
  }
}

}  // namespace
}  // namespace turnpike::dataflow::row_stationary
