#include "dataflow/row_stationary/mapping.hpp"

#include <optional>
#include <set>
#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dataflow/row_stationary/processing_pass.hpp"
#include "sim/base/random.hpp"
#include "tests/dataflow/row_stationary/alexnet.hpp"
#include "tests/dataflow/row_stationary/random_layer.hpp"

namespace turnpike::dataflow::row_stationary {
namespace {

using test::alexnet;
using test::chip_buffer;
using ::testing::HasSubstr;

constexpr ArrayGeometry kChip{};

TEST(Mapping, PrintsItsLetters) {
  Mapping map{.m = 64, .n = 4, .e = 13, .p = 16, .q = 3, .r = 2, .t = 2};
  EXPECT_EQ(to_string(map), "m64 n4 e13 p16 q3 r2 t2");
  map.width_tile = 56;
  EXPECT_EQ(to_string(map), "m64 n4 e13 p16 q3 r2 t2 w56");
}

TEST(Mapping, ThePublishedAlexNetMappingsAreLegal) {
  for (const auto& layer : alexnet()) {
    SCOPED_TRACE(layer.name);
    EXPECT_EQ(illegal(layer.shape, layer.mapping, kChip, chip_buffer()), std::nullopt);
  }
}

TEST(Mapping, BufferUseReproducesTableThreeOfTheJournalPaper) {
  BufferBudget unrounded = chip_buffer();
  unrounded.bank_bits = 0;
  for (const auto& layer : alexnet()) {
    SCOPED_TRACE(layer.name);
    const BufferNeed need = buffer_need(layer.shape, layer.mapping, kChip, unrounded);
    EXPECT_NEAR(static_cast<double>(need.ifmap_bits) / 8192.0, layer.ifmap_kib, 0.051);
    EXPECT_NEAR(static_cast<double>(need.psum_bits) / 8192.0, layer.psum_kib, 0.051);
  }
}

TEST(Mapping, TheMappingPrintedForConv3NeedsThePrintedBuffer) {
  const Mapping printed{.m = 64, .n = 4, .e = 13, .p = 16, .q = 4, .r = 1, .t = 4};
  BufferBudget unrounded = chip_buffer();
  unrounded.bank_bits = 0;
  const BufferNeed need = buffer_need(alexnet()[2].shape, printed, kChip, unrounded);
  EXPECT_NEAR(static_cast<double>(need.ifmap_bits) / 8192.0, 7.0, 0.051);
  EXPECT_NEAR(static_cast<double>(need.psum_bits) / 8192.0, 84.5, 0.051);
  EXPECT_EQ(illegal(alexnet()[2].shape, printed, kChip, chip_buffer()), std::nullopt);
}

TEST(Mapping, ActivePesAreThoseOfTheChip) {
  for (const auto& layer : alexnet()) {
    SCOPED_TRACE(layer.name);
    std::optional<ProcessingPass> first;
    for_each_pass(layer.shape, layer.mapping, kChip, [&first](const ProcessingPass& pass) {
      if (!first) {
        first = pass;
      }
    });
    ASSERT_TRUE(first);
    EXPECT_EQ(active_pes(*first), layer.active_pes);
  }
}

TEST(Mapping, RowsWiderThanTheArrayAreStackedInSegments) {
  const Placement conv2 = place(alexnet()[1].shape, alexnet()[1].mapping, kChip);
  EXPECT_EQ(conv2.segments, 2);
  EXPECT_EQ(conv2.segment_width, 14);
  EXPECT_EQ(conv2.chain_rows, 5);
  EXPECT_EQ(conv2.chains, 2);
  EXPECT_EQ(conv2.slots_across, 1);
  EXPECT_EQ(conv2.slots_down, 2);
  EXPECT_TRUE(conv2.fits());
}

TEST(Mapping, CutsLargeKernelsIntoEqualParts) {
  const auto part = [](std::int64_t rows, std::int64_t columns) {
    const LayerShape layer{.H = 64, .W = 64, .R = rows, .S = columns};
    const KernelPart cut = largest_kernel_part(layer, kChip);
    return std::pair{cut.rows, cut.columns};
  };
  EXPECT_EQ(part(11, 11), std::pair(std::int64_t{11}, std::int64_t{11}));
  EXPECT_EQ(part(12, 12), std::pair(std::int64_t{12}, std::int64_t{12}));
  EXPECT_EQ(part(15, 13), std::pair(std::int64_t{8}, std::int64_t{7}));
  EXPECT_EQ(part(25, 49), std::pair(std::int64_t{9}, std::int64_t{10}));
}

/// A CONV4-like mapping with one letter wrong must name that letter's rule with its numbers.
struct WrongLetter {
  Mapping mapping;
  std::string message;
};

TEST(Mapping, EachBrokenRuleIsNamedWithItsNumbers) {
  const LayerShape shape = alexnet()[3].shape;
  const std::vector<WrongLetter> cases{
      {{.m = 193}, "m = 193 exceeds M = 192"},
      {{.n = 5}, "n = 5 exceeds N = 4"},
      {{.e = 14}, "e = 14 exceeds E = 13"},
      {{.m = 4, .p = 5}, "p = 5 exceeds m = 4"},
      {{.m = 0}, "m = 0 is less than 1"},
      {{.t = -1}, "t = -1 is less than 1"},
      {{.width_tile = 14}, "the width tile = 14 exceeds F = 13"},
      {{.width_tile = -1}, "the width tile = -1 is negative"},
      {{.m = 32, .p = 16, .t = 3}, "t = 3 PE sets of p = 16 leave a set without any of m = 32"},
      {{.q = 96, .r = 3}, "r = 3 PE sets of q = 96 leave a set without any of C = 192"},
      {{.q = 5}, "q*S = 15 exceeds the 12-value ifmap spad"},
      {{.m = 64, .p = 20, .q = 4}, "p*q*S = 240 exceeds the 224-value filter spad"},
      {{.m = 64, .p = 25, .q = 1}, "p = 25 exceeds the 24-value psum spad"},
      {{.r = 5}, "r*R = 15 exceeds the 12 PE rows"},
      {{.m = 64, .e = 13, .t = 5},
       "t = 5 in 1 segment(s) needs 5 chains of 3 x 13 PEs, the 12 x 14 array holds 4"},
      {{.m = 192, .n = 4, .e = 13},
       "the tile needs 65 banks (1 of ifmap, 64 of psums), the buffer has 25 free"},
  };
  for (const WrongLetter& wrong : cases) {
    SCOPED_TRACE(to_string(wrong.mapping));
    EXPECT_THAT(illegal(shape, wrong.mapping, kChip, chip_buffer()).value_or("legal"),
                HasSubstr(wrong.message));
  }
}

TEST(Mapping, MalformedLayersAreRefusedWithoutOverflow) {
  const auto reason = [](const LayerShape& layer) {
    return illegal(layer, Mapping{}, kChip, chip_buffer()).value_or("legal");
  };
  EXPECT_EQ(reason({.M = 0}), "M = 0 is less than 1");
  EXPECT_EQ(reason({.H = 2, .R = 3}), "R = 3 filter rows exceed H = 2 ifmap rows");
  EXPECT_EQ(reason({.W = 2, .S = 3}), "S = 3 filter columns exceed W = 2 ifmap columns");
  EXPECT_EQ(reason({.M = std::int64_t{1} << 40}), "M = 1099511627776 exceeds 16777216");
  const std::int64_t big = std::int64_t{1} << 24;
  EXPECT_THAT(reason({.N = big, .H = big, .W = big}), HasSubstr("the ifmap exceeds"));
  EXPECT_THAT(reason({.M = big, .H = big, .W = big, .U = big, .V = big}),
              HasSubstr("filter rows exceed"));
  EXPECT_THAT(reason({.N = big, .M = big, .C = big}), HasSubstr("MACs"));
  const Mapping huge{.t = std::int64_t{1} << 62};
  EXPECT_EQ(illegal(LayerShape{}, huge, kChip, chip_buffer()).value_or("legal"),
            "t = 4611686018427387904 exceeds m = 1");
}

TEST(Mapping, AnUnusableArrayIsRefused) {
  ArrayGeometry array;
  array.columns = 0;
  EXPECT_EQ(illegal(LayerShape{}, Mapping{}, array, chip_buffer()).value_or("legal"),
            "array columns = 0 is less than 1");
  array = ArrayGeometry{};
  array.filter_load_values = std::int64_t{1} << 20;
  EXPECT_EQ(illegal(LayerShape{}, Mapping{}, array, chip_buffer()).value_or("legal"),
            "the filter load unit = 1048576 exceeds the largest supported = 16384");
  BufferBudget budget = chip_buffer();
  budget.psum.bits = 0;
  EXPECT_EQ(illegal(LayerShape{}, Mapping{}, ArrayGeometry{}, budget).value_or("legal"),
            "bits of a psum group = 0 is less than 1");
}

TEST(Mapping, AResidentIfmapNeedsNoTile) {
  BufferBudget budget = chip_buffer();
  budget.ifmap_resident = true;
  const BufferNeed need = buffer_need(alexnet()[0].shape, alexnet()[0].mapping, kChip, budget);
  EXPECT_EQ(need.ifmap_bits, 0);
  EXPECT_EQ(need.psum_bits, 19 * 32768);
}

/// The rules again, stated by enumeration: what each PE, spad and buffer holds is counted item by
/// item in the pass with most work.
class BruteForceRules {
 public:
  BruteForceRules(const LayerShape& layer, const Mapping& map, const ArrayGeometry& array)
      : layer_{layer}, map_{map}, array_{array} {}

  [[nodiscard]] bool legal(const BufferBudget& budget) const {
    return no_idle_set() && spads_hold() && chains_fit() && values_fit(budget);
  }

 private:
  [[nodiscard]] bool no_idle_set() const {
    // Deal filters (channels) to sets p (q) at a time; every set must get at least one.
    std::set<std::int64_t> filter_sets;
    for (std::int64_t filter = 0; filter < map_.m && filter < map_.p * map_.t; ++filter) {
      filter_sets.insert(filter / map_.p);
    }
    std::set<std::int64_t> channel_sets;
    for (std::int64_t c = 0; c < layer_.C && c < map_.q * map_.r; ++c) {
      channel_sets.insert(c / map_.q);
    }
    return std::ssize(filter_sets) == map_.t && std::ssize(channel_sets) == map_.r &&
           map_.p <= map_.m && map_.q <= layer_.C;
  }
  [[nodiscard]] std::int64_t part(std::int64_t extent, std::int64_t limit) const {
    for (std::int64_t parts = 1;; ++parts) {
      const std::int64_t size = (extent + parts - 1) / parts;
      if (size <= limit) {
        return size;
      }
    }
  }
  [[nodiscard]] bool spads_hold() const {
    const std::int64_t s = part(layer_.S, array_.ifmap_spad);
    std::int64_t ifmap = 0;
    std::int64_t filter = 0;
    for (std::int64_t q = 0; q < map_.q; ++q) {
      ifmap += s;
      for (std::int64_t p = 0; p < map_.p; ++p) {
        filter += s;
      }
    }
    return ifmap <= array_.ifmap_spad && filter <= array_.filter_spad && map_.p <= array_.psum_spad;
  }
  /// Places chain after chain on a grid of PEs.
  [[nodiscard]] bool chains_fit() const {
    const std::int64_t rows = map_.r * part(layer_.R, array_.rows);
    const std::int64_t width = part(map_.e, array_.columns);
    std::int64_t wanted = map_.t * ((map_.e + width - 1) / width);
    for (std::int64_t y = 0; y + rows <= array_.rows; y += rows) {
      for (std::int64_t x = 0; x + width <= array_.columns; x += width) {
        --wanted;
      }
    }
    return wanted <= 0;
  }
  /// Counts distinct ifmap rows touched and distinct psums of a full pass and its m group.
  [[nodiscard]] bool values_fit(const BufferBudget& budget) const {
    const std::int64_t tile = map_.width_tile == 0 ? layer_.F() : map_.width_tile;
    std::set<std::int64_t> rows;
    for (std::int64_t e = 0; e < map_.e; ++e) {
      for (std::int64_t i = 0; i < part(layer_.R, array_.rows); ++i) {
        rows.insert(e * layer_.U + i);
      }
    }
    const std::int64_t last_column = (tile - 1) * layer_.V + part(layer_.S, array_.ifmap_spad) - 1;
    const std::int64_t channels = std::min(layer_.C, map_.q * map_.r);
    const auto whole_lines = [](std::int64_t values, const ValueGroup& group) {
      std::int64_t bits = 0;
      for (; values > 0; values -= group.values) {
        bits += group.bits;
      }
      return bits;
    };
    const auto whole_banks = [&budget](std::int64_t bits) {
      while (budget.bank_bits > 0 && bits % budget.bank_bits != 0) {
        ++bits;
      }
      return bits;
    };
    const std::int64_t ifmap =
        budget.ifmap_resident
            ? 0
            : whole_banks(whole_lines(map_.n * channels * std::ssize(rows) * (last_column + 1),
                                      budget.ifmap));
    const std::int64_t psums = whole_lines(map_.n * map_.m * map_.e * tile, budget.psum);
    return ifmap + whole_banks(psums) <= budget.bits;
  }

  const LayerShape& layer_;
  const Mapping& map_;
  const ArrayGeometry& array_;
};

TEST(Mapping, LegalityAgreesWithABruteForceStatementOfEachRule) {
  int legal = 0;
  int refused = 0;
  for (std::uint64_t seed = 0; seed < 9000; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Random random{seed};
    const LayerShape layer = test::random_layer(random);
    const ArrayGeometry array = test::random_array(random);
    Mapping map{.m = random.integer(1, layer.M),
                .n = random.integer(1, layer.N),
                .e = random.integer(1, layer.E()),
                .p = random.integer(1, 4),
                .q = random.integer(1, 3),
                .r = random.integer(1, 3),
                .t = random.integer(1, 3)};
    map.width_tile = random.integer(0, layer.F());
    const BufferBudget budget{.bits = random.integer(500, 30000),
                              .bank_bits = random.integer(0, 1) * random.integer(1, 900),
                              .ifmap = {random.integer(1, 8), random.integer(1, 64)},
                              .psum = {random.integer(1, 8), random.integer(1, 128)},
                              .ifmap_resident = random.integer(0, 3) == 0};
    const auto reason = illegal(layer, map, array, budget);
    EXPECT_EQ(!reason, BruteForceRules(layer, map, array).legal(budget))
        << to_string(map) << ": " << reason.value_or("legal");
    ++(reason ? refused : legal);
  }
  EXPECT_GT(legal, 300);
  EXPECT_GT(refused, 300);
}

}  // namespace
}  // namespace turnpike::dataflow::row_stationary
