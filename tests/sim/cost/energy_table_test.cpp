#include "sim/cost/energy_table.hpp"

#include <algorithm>
#include <random>

#include <gtest/gtest.h>

#include "sim/base/random.hpp"
#include "tests/sim/cost/fixtures.hpp"

namespace turnpike::cost {
namespace {

using test::key;

std::vector<LayerCounts> random_layers(Random& random, int layers) {
  const std::vector<ActionKey> keys = {
      test::mac_key(8, 16),
      test::mac_key(8, 16, Action::gated),
      key(Component::psum_spad, Action::write, 16),
      key(Component::glb, Action::read, 32, "ifmap"),
      key(Component::dram, Action::read, 64),
      key(Component::post, Action::compute, 8, "relu"),
      key(Component::clock, Action::background, 0, "active"),
      key(Component::leakage, Action::background),
  };
  std::vector<LayerCounts> made;
  for (int i = 0; i < layers; ++i) {
    LayerCounts layer{"layer" + std::to_string(i), {}};
    for (ActionKey action : keys) {
      action.stream = random.integer(0, 3) == 0 ? Stream::highway : Stream::low;
      layer.counts[action] =
          static_cast<std::uint64_t>(random.integer(0, 1LL << random.integer(1, 40)));
    }
    made.push_back(std::move(layer));
  }
  return made;
}

TEST(EnergyTable, EnergyByLayerByComponentAndByStreamIsTheTotalExactly) {
  const CostModel model = test::model_of("silicon", 8, 16);
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Random random{seed};
    const EnergyTable table = price_counts(random_layers(random, 20), model);
    Picojoules by_layer;
    for (std::size_t layer = 0; layer < table.layers.size(); ++layer) {
      by_layer += table.of_layer(layer);
    }
    Picojoules by_component;
    for (const Picojoules energy : table.by_component) {
      by_component += energy;
    }
    EXPECT_EQ(by_layer, table.total);
    EXPECT_EQ(by_component, table.total);
    EXPECT_EQ(table.of_stream(Stream::low) + table.of_stream(Stream::highway), table.total);
  }
}

TEST(EnergyTable, RowsAddUpInAnyOrder) {
  const CostModel model = test::model_of("silicon", 8, 16);
  Random random{7};
  EnergyTable table = price_counts(random_layers(random, 30), model);
  std::mt19937 shuffler{11};
  for (int round = 0; round < 10; ++round) {
    std::shuffle(table.rows.begin(), table.rows.end(), shuffler);
    Picojoules sum;
    for (const EnergyRow& row : table.rows) {
      sum += row.energy;
    }
    EXPECT_EQ(sum, table.total);
  }
}

TEST(EnergyTable, RowsAreCountTimesPriceToTheLastDigits) {
  const CostModel model = test::model_of("silicon", 8, 16);
  Random random{3};
  const EnergyTable table = price_counts(random_layers(random, 5), model);
  EXPECT_LE(table.quantum.count(), table.total.count() * 1e-14);
  for (const EnergyRow& row : table.rows) {
    EXPECT_NEAR(row.energy.count(), static_cast<double>(row.count) * row.each.count(),
                0.5 * table.quantum.count() + 1e-12 * row.energy.count());
  }
}

TEST(EnergyTable, PricingTwiceGivesTheSameBits) {
  Random random{5};
  const std::vector<LayerCounts> layers = random_layers(random, 10);
  const EnergyTable a = price_counts(layers, test::model_of("silicon", 8, 16));
  const EnergyTable b = price_counts(layers, test::model_of("silicon", 8, 16));
  ASSERT_EQ(a.rows.size(), b.rows.size());
  for (std::size_t i = 0; i < a.rows.size(); ++i) {
    EXPECT_EQ(a.rows[i].energy, b.rows[i].energy);
  }
  EXPECT_EQ(a.total, b.total);
}

TEST(EnergyTable, NoCountsCostNothing) {
  const EnergyTable table = price_counts({}, test::model_of("silicon", 8, 16));
  EXPECT_EQ(table.total, Picojoules{0.0});
  EXPECT_TRUE(table.rows.empty());
}

TEST(EnergyTable, TheHighwaysShareIsApart) {
  ActionKey skip = key(Component::glb, Action::read, 32, "skip");
  ActionCounts counts;
  counts[skip] = 10;
  skip.stream = Stream::highway;
  counts[skip] = 30;
  const EnergyTable table = price_counts({{"add", counts}}, test::model_of("silicon", 8, 16));
  const auto glb = static_cast<std::size_t>(Component::glb);
  EXPECT_NEAR(table.by_component_highway[glb] / table.by_component[glb], 0.75, 1e-12);
  EXPECT_EQ(table.by_layer[0][glb], table.by_component[glb]);
}

}  // namespace
}  // namespace turnpike::cost
