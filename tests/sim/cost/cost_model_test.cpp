#include "sim/cost/cost_model.hpp"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/sim/cost/fixtures.hpp"

namespace turnpike::cost {
namespace {

using test::key;
using test::mac_key;
using test::model_of;
using test::picojoules;

// Figures named "study" were computed from the same tables by an independent program.

/// With the clock per cycle, and so accesses without it.
CostModel flip_flop_model(int bits, int psum) {
  return CostModel{test::technology_65nm(), test::flip_flop_policy(),
                   test::paper_machine(bits, psum)};
}

TEST(CostModel, ExecutedMacIsTheRowWithItsClockInAccess) {
  const Price price = model_of("access", 16, 32).price(mac_key(16, 32));
  EXPECT_DOUBLE_EQ(price.energy.count(), 4.392346);
  EXPECT_FALSE(price.interpolated);
}

TEST(CostModel, ExecutedMacIsTheRowWithoutItsClockElsewhere) {
  EXPECT_DOUBLE_EQ(picojoules(flip_flop_model(16, 32), mac_key(16, 32)), 4.392346 - 1.237568);
  EXPECT_DOUBLE_EQ(picojoules(model_of("paper", 4, 21), mac_key(4, 21)), 1.083629 - 0.527386);
}

TEST(CostModel, MacFollowsThePsumWidthAsTheStudyDoes) {
  struct Want {
    int bits, psum;
    double executed, clock;  ///< study
  };
  for (const Want& want : {Want{16, 16, 3.912346, 1.042368}, Want{8, 16, 1.479012, 0.657703},
                           Want{4, 16, 0.930979, 0.466387}, Want{3, 16, 0.765911, 0.417749},
                           Want{3, 3, 0.423621, 0.259154}}) {
    SCOPED_TRACE(testing::Message() << want.bits << " bits + " << want.psum);
    const Price access =
        model_of("access", want.bits, want.psum).price(mac_key(want.bits, want.psum));
    EXPECT_NEAR(access.energy.count(), want.executed, 0.005 * want.executed);
    EXPECT_TRUE(access.interpolated);
    const double without =
        picojoules(model_of("paper", want.bits, want.psum), mac_key(want.bits, want.psum));
    EXPECT_NEAR(access.energy.count() - without, want.clock, 0.005 * want.clock);
  }
}

TEST(CostModel, MidriseTwoBitMacAddsTheDifferenceOfTheRows) {
  ActionKey midrise = mac_key(2, 17);
  midrise.midrise = true;
  const CostModel model = model_of("access", 2, 17);
  EXPECT_NEAR(picojoules(model, midrise) - picojoules(model, mac_key(2, 17)), 0.221155 - 0.161722,
              1e-12);
}

TEST(CostModel, SpadsAgreeWithTheStudy) {
  const CostModel model = flip_flop_model(16, 16);
  EXPECT_NEAR(picojoules(model, key(Component::filter_spad, Action::read, 16)), 0.818403, 1e-3);
  EXPECT_NEAR(picojoules(model, key(Component::filter_spad, Action::write, 16)), 1.240139, 1e-3);
  EXPECT_NEAR(picojoules(model, key(Component::ifmap_spad, Action::write, 16)), 0.4557, 1e-4);
  EXPECT_NEAR(picojoules(model, key(Component::psum_spad, Action::write, 16)), 1.630223, 1e-6);
  // Reads hold 0.01 pJ of clock gate, which the study left in.
  EXPECT_NEAR(picojoules(model, key(Component::psum_spad, Action::read, 16)), 0.352574, 0.01);
  EXPECT_NEAR(picojoules(model, key(Component::ifmap_spad, Action::read, 16)), 0.279236, 0.01);
  const CostModel narrow = flip_flop_model(3, 16);
  EXPECT_NEAR(picojoules(narrow, key(Component::filter_spad, Action::read, 3)), 0.194583, 1e-3);
  EXPECT_NEAR(picojoules(narrow, key(Component::ifmap_spad, Action::write, 3)), 0.113167, 1e-6);
}

TEST(CostModel, BufferLinesAgreeWithCacti) {
  struct Want {
    int bits;
    double line_pj;
  };
  for (const Want& want : {Want{16, 154.615}, Want{8, 67.5288}, Want{4, 37.7931}, Want{3, 28.2193},
                           Want{2, 19.5204}}) {
    const CostModel model = model_of("silicon", want.bits, 16);
    const Price read = model.price(key(Component::glb, Action::read, 4 * want.bits, "ifmap"));
    EXPECT_DOUBLE_EQ(read.energy.count(), want.line_pj) << want.bits;
    EXPECT_FALSE(read.interpolated) << want.bits;
    // CACTI's write is cheaper than its read here: it ignores half-selected columns.
    EXPECT_DOUBLE_EQ(picojoules(model, key(Component::glb, Action::write, 4 * want.bits, "psum")),
                     want.line_pj);
  }
}

TEST(CostModel, UnmeasuredBufferLiesBetweenItsNeighbours) {
  for (const int bits : {5, 6, 7}) {
    const Price price =
        model_of("silicon", bits, 16).price(key(Component::glb, Action::read, 4 * bits, "ifmap"));
    EXPECT_GT(price.energy.count(), 37.7931);
    EXPECT_LT(price.energy.count(), 67.5288);
    EXPECT_TRUE(price.interpolated);
  }
  const Price one = model_of("silicon", 1, 16).price(key(Component::glb, Action::read, 4, "ifmap"));
  EXPECT_GT(one.energy.count(), 5.0);
  EXPECT_LT(one.energy.count(), 19.5204);
  EXPECT_TRUE(one.interpolated);
}

TEST(CostModel, ClockIsTheFlipFlopsOfThisMachine) {
  // Study: 974 flip-flops at 16 bits, 638 at 2; 11.692 fJ each.
  const CostModel wide = flip_flop_model(16, 16);
  EXPECT_DOUBLE_EQ(wide.pe_flip_flops(), 974.0);
  EXPECT_NEAR(picojoules(wide, key(Component::clock, Action::background, 0, "active")),
              wide.policy().clock_factor * 974 * 0.011692484375, 1e-9);
  EXPECT_DOUBLE_EQ(model_of("silicon", 2, 16).pe_flip_flops(), 638.0);
  EXPECT_EQ(
      picojoules(model_of("paper", 2, 2), key(Component::clock, Action::background, 0, "active")),
      0.0);
}

TEST(CostModel, ClockRulesDifferInTheirFlipFlops) {
  CostPolicy policy = test::flip_flop_policy();
  const test::Machine machine = test::paper_machine(4, 16);
  const auto clock = [&](ClockRule rule) {
    policy.clock = rule;
    return picojoules(CostModel{test::technology_65nm(), policy, machine},
                      key(Component::clock, Action::background, 0, "gated"));
  };
  const double each = policy.clock_factor * 0.011692484375;
  EXPECT_NEAR(clock(ClockRule::flip_flops), 686 * each, 1e-9);
  EXPECT_NEAR(clock(ClockRule::constant), 974 * each, 1e-9);
  EXPECT_NEAR(clock(ClockRule::proportional), 974 * each / 4, 1e-9);
}

TEST(CostModel, BusesPayWireAndControllers) {
  const CostModel model = model_of("silicon", 16, 16);
  // 16 bits x 0.05 pJ x 12 x 0.2 mm + 12 misses of 0.055977 pJ.
  EXPECT_NEAR(picojoules(model, key(Component::noc, Action::write, 16, "ifmap_y")),
              16 * 0.05 * 2.4 + 12 * 0.055977, 1e-9);
  EXPECT_NEAR(picojoules(model, key(Component::noc, Action::write, 16, "filter_x")),
              16 * 0.05 * 2.8 + 14 * 0.055977, 1e-9);
  EXPECT_NEAR(picojoules(model, key(Component::noc, Action::write, 16, "psum_in_hit")),
              0.083398 - 0.055977, 1e-9);
  EXPECT_NEAR(picojoules(model, key(Component::noc, Action::write, 16, "psum_out_x")),
              16 * 0.05 * 2.8, 1e-9);
}

TEST(CostModel, HighwayAddIsAtLeastEightBitsWide) {
  const CostModel model = model_of("silicon", 2, 16);
  EXPECT_DOUBLE_EQ(picojoules(model, key(Component::post, Action::compute, 8, "add")), 0.133532);
  EXPECT_DOUBLE_EQ(picojoules(model, key(Component::post, Action::compute, 2, "add")), 0.133532);
  EXPECT_DOUBLE_EQ(picojoules(model, key(Component::post, Action::compute, 16, "add")), 0.287311);
}

TEST(CostModel, StreamsCostTheSame) {
  const CostModel model = model_of("silicon", 2, 16);
  ActionKey skip = key(Component::glb, Action::read, 8, "skip");
  const double low = picojoules(model, skip);
  skip.stream = Stream::highway;
  EXPECT_EQ(picojoules(model, skip), low);
}

TEST(CostModel, DramIsTheDevicesAndStandbyIsAPolicy) {
  const CostModel silicon = model_of("silicon", 16, 16);
  EXPECT_EQ(picojoules(silicon, key(Component::dram, Action::activate)), 1000.0);
  EXPECT_EQ(picojoules(silicon, key(Component::dram, Action::read, 64)), 300.0);
  EXPECT_EQ(picojoules(silicon, key(Component::dram, Action::write, 64)), 310.0);
  EXPECT_EQ(picojoules(silicon, key(Component::dram, Action::refresh)), 20000.0);
  EXPECT_EQ(picojoules(silicon, key(Component::dram, Action::background, 0, "active")), 37.5);
  const CostModel paper = model_of("paper", 16, 16);
  EXPECT_EQ(picojoules(paper, key(Component::dram, Action::read, 64)), 300.0);
  EXPECT_EQ(picojoules(paper, key(Component::dram, Action::refresh)), 0.0);
  EXPECT_EQ(picojoules(paper, key(Component::dram, Action::background, 0, "active")), 0.0);
}

TEST(CostModel, LeakageIsPowerTimesAClock) {
  const CostModel model = model_of("silicon", 16, 16);
  // 2 MB of lstp SRAM leak 0.78 mW; the logic of 168 PEs adds a few.
  EXPECT_GT(model.leakage().count(), 0.775536);
  EXPECT_LT(model.leakage().count(), 10.0);
  EXPECT_NEAR(picojoules(model, key(Component::leakage, Action::background)),
              model.leakage().count() * 4.0, 1e-9);
}

TEST(CostModel, DynamicEnergyGoesWithTheSquareOfTheVoltage) {
  test::Machine machine = test::paper_machine(16, 16);
  machine.config.technology.voltage = 0.9;
  const CostModel low{test::technology_65nm(), test::policy_of("silicon"), machine};
  const CostModel full = model_of("silicon", 16, 16);
  for (const ActionKey& action : {mac_key(16, 16), key(Component::glb, Action::read, 64, "ifmap"),
                                  key(Component::noc, Action::write, 16, "filter_y"),
                                  key(Component::clock, Action::background, 0, "active")}) {
    EXPECT_NEAR(picojoules(low, action), 0.81 * picojoules(full, action),
                1e-12 * picojoules(full, action));
  }
}

std::vector<ActionKey> whole_vocabulary(int bits, int psum) {
  std::vector<ActionKey> keys;
  for (const ActionRow& row : kActionRows) {
    if (row.datum == Datum::mac) {
      keys.push_back(mac_key(bits, psum, row.action));
      continue;
    }
    const int width = row.datum == Datum::none   ? 0
                      : row.datum == Datum::psum ? psum
                      : row.datum == Datum::line ? 4 * bits
                                                 : bits;
    keys.push_back(key(row.component, row.action, width, Item::named(row.item).value()));
  }
  return keys;
}

/// Whether a machine has what an action needs.
bool pays(const Inventory& machine, const ActionKey& action) {
  const ActionRow& row = *find_action(action.component, action.action, action.item);
  const auto has = [&](UnitClass unit_class) {
    return machine.payer(unit_class, action.component, action.item) != nullptr;
  };
  return has(row.paid_by) && (!row.also_paid_by || has(*row.also_paid_by));
}

/// The paper's machine with each kind of array, and its prices.
struct KindOfMachine {
  Inventory machine;
  CostModel model;
};
std::vector<KindOfMachine> machines_of_every_kind(const CostPolicy& policy, int bits, int psum) {
  std::vector<KindOfMachine> out;
  test::Machine machine = test::paper_machine(bits, psum);
  for (const std::string_view kind : config::ChoiceNames<config::ArrayKind>::names) {
    machine.config.array.kind = *config::choice_named<config::ArrayKind>(kind);
    out.push_back({machine, CostModel{test::technology_65nm(), policy, machine}});
  }
  return out;
}

TEST(CostModel, PricesTheWholeVocabularyAtEveryWidth) {
  CostPolicy policy = test::policy_of("silicon");
  policy.control = true;  // so that nothing is left out
  policy.idle_pe_clock = 0.1;
  for (int bits = 1; bits <= 16; ++bits) {
    for (const int psum : {bits, 16, 2 * bits + 13, 48}) {
      const std::vector<KindOfMachine> kinds = machines_of_every_kind(policy, bits, psum);
      for (const ActionKey& action : whole_vocabulary(bits, psum)) {
        SCOPED_TRACE(fmt::format("{} bits, psum {}: {}", bits, psum, test::named(action)));
        const auto payer = std::find_if(
            kinds.begin(), kinds.end(),
            [&action](const KindOfMachine& kind) { return pays(kind.machine, action); });
        ASSERT_NE(payer, kinds.end()) << "no kind of array has units for it";
        const Price price = payer->model.price(action);
        EXPECT_GT(price.energy.count(), 0.0);
        EXPECT_FALSE(price.steps.empty());
      }
    }
  }
}

TEST(CostModel, WidthsAreMonotoneWhereTheTablesAre) {
  double mac = 0.0;
  double spad = 0.0;
  double line = 0.0;
  for (int bits = 1; bits <= 16; ++bits) {
    const CostModel model = model_of("silicon", bits, 16);
    const double mac_now = picojoules(model, mac_key(bits, 2 * bits + 13));
    const double spad_now = picojoules(model, key(Component::filter_spad, Action::read, bits));
    const double line_now = picojoules(model, key(Component::glb, Action::read, 4 * bits, "ifmap"));
    EXPECT_GT(mac_now, mac) << bits;
    EXPECT_GT(spad_now, spad) << bits;
    EXPECT_GT(line_now, line) << bits;
    mac = mac_now;
    spad = spad_now;
    line = line_now;
  }
}

TEST(CostModel, FlagsExactlyTheUnmeasuredWidths) {
  const CostModel model = model_of("silicon", 16, 16);
  for (int bits = 1; bits <= 16; ++bits) {
    const bool measured = bits <= 6 || bits == 8 || bits == 16;
    const int psum = std::min(32, 2 * bits + 13);
    EXPECT_EQ(model.price(mac_key(bits, psum)).interpolated, !measured) << bits;
    EXPECT_EQ(model.price(key(Component::ifmap_spad, Action::read, bits)).interpolated, !measured);
    EXPECT_EQ(model.price(key(Component::pe_fifo, Action::write, bits, "ifmap")).interpolated,
              !measured);
    const bool fitted = bits != 4 && bits != 8 && bits != 16;
    EXPECT_EQ(model.price(key(Component::filter_spad, Action::read, bits)).interpolated, fitted);
  }
  EXPECT_TRUE(model.price(mac_key(16, 40)).interpolated);
  EXPECT_EQ(picojoules(model, mac_key(16, 40)), picojoules(model, mac_key(16, 32)));
}

TEST(CostModel, UnknownActionsAndWidthsAreErrors) {
  const CostModel model = model_of("silicon", 8, 16);
  const auto price = [&](const ActionKey& action) { static_cast<void>(model.price(action)); };
  EXPECT_THROW(price(mac_key(17, 32)), InputError);
  EXPECT_THROW(price(mac_key(0, 32)), InputError);
  EXPECT_THROW(price(key(Component::mac, Action::refresh, 8)), InputError);
  EXPECT_THROW(price(key(Component::noc, Action::write, 8, "ifmap")), InputError);
  EXPECT_THROW(price(key(Component::post, Action::compute, 8, "skip")), InputError);
  EXPECT_THROW(price(key(Component::post, Action::compute, 33, "tanh")), InputError);
  EXPECT_THROW(price(key(Component::filter_spad, Action::read, 0)), InputError);
  EXPECT_THROW(price(key(Component::clock, Action::background, 0, "precharged")), InputError);
  EXPECT_THROW(price(key(Component::dram, Action::background, 0, "gated")), InputError);
  EXPECT_THAT([&] { price(key(Component::glb, Action::activate)); },
              testing::ThrowsMessage<InputError>(
                  "action counts: glb activate : no such action (docs/action_vocabulary.md)"));
  test::Machine without_dram = test::paper_machine(8, 16);
  without_dram.dram.reset();
  const CostModel none{test::technology_65nm(), test::policy_of("silicon"), without_dram};
  EXPECT_THROW(static_cast<void>(none.price(key(Component::dram, Action::read))), InputError);
}

}  // namespace
}  // namespace turnpike::cost
