#include "pe/row_stationary/array_probe.hpp"

#include <numeric>

#include <gtest/gtest.h>

#include "tests/pe/row_stationary/random_pass.hpp"

namespace turnpike::pe::row_stationary {
namespace {

constexpr int kProbeTrials = 100;
constexpr std::uint64_t kDeadlock = 1'000'000;

std::uint64_t wide(std::int32_t value) {
  return static_cast<std::uint64_t>(value);
}

PassCounters simulate(const PassShape& shape) {
  ArrayCore core;
  core.begin(shape, nullptr);
  while (!core.step() && core.counters().cycles < kDeadlock) {
  }
  return core.counters();
}

std::vector<ArrayClock> clocks_of(const PassShape& shape, PePosition chosen) {
  ArrayProbe probe{shape, chosen};
  std::vector<ArrayClock> clocks;
  bool complete = false;
  while (!complete && clocks.size() < kDeadlock) {
    complete = probe.step();
    clocks.push_back(probe.clock());
  }
  EXPECT_EQ(probe.counters(), simulate(shape));
  return clocks;
}

TEST(ArrayProbe, ClocksAddUpToTheCountersOfThePass) {
  for (std::uint64_t seed = 1; seed <= kProbeTrials; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Random random{seed};
    const PassShape s = test::random_shape(random);
    const PassCounters expected = simulate(s);
    std::uint64_t load = 0, filter = 0, ifmap = 0, psum_in = 0, psum_out = 0, macs = 0, sums = 0;
    const std::vector<ArrayClock> clocks = clocks_of(s, {0, 0});
    for (const ArrayClock& c : clocks) {
      load += c.filter_load ? 1 : 0;
      filter += c.filter_words;
      ifmap += c.ifmap_words;
      psum_in += c.psum_in_words;
      psum_out += c.psum_out_words;
      macs += wide(c.multiplying);
      sums += wide(c.accumulating);
      ASSERT_EQ(std::accumulate(c.column_multiplying.begin(), c.column_multiplying.end(), 0),
                c.multiplying);
    }
    EXPECT_EQ(clocks.size(), expected.cycles);
    EXPECT_EQ(load, expected.load_cycles);
    EXPECT_EQ(filter, expected.filter_network.y);
    EXPECT_EQ(ifmap, expected.ifmap_network.y);
    EXPECT_EQ(psum_in, expected.psum_in_network.y);
    EXPECT_EQ(psum_out, expected.psum_out_network.y);
    EXPECT_EQ(macs, expected.mac_slots);
    EXPECT_EQ(sums, expected.psum_accumulations);
  }
}

TEST(ArrayProbe, NothingExceedsItsCapacityAndAWaitingPeHasItsReason) {
  std::uint64_t spad_waits = 0, ifmap_waits = 0;
  for (std::uint64_t seed = 1; seed <= kProbeTrials; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Random random{seed};
    const PassShape s = test::random_shape(random);
    for (const ArrayClock& c : clocks_of(s, {0, 0})) {
      EXPECT_LE(c.filter_words, wide(s.filter_rate));
      EXPECT_LE(c.ifmap_words, wide(s.ifmap_rate));
      EXPECT_LE(c.psum_in_words, wide(s.psum_in_rate));
      EXPECT_LE(c.psum_out_words, wide(s.psum_out_rate));
      const PeClock& pe = c.chosen;
      EXPECT_TRUE(pe.used);
      for (const auto& [level, most] : {std::pair{pe.ifmap_fifo, s.fifo_depth},
                                        {pe.psum_fifo, s.fifo_depth},
                                        {pe.ifmap_spad, s.ifmap_spad},
                                        {pe.psum_spad, s.psum_spad}}) {
        EXPECT_GE(level, 0);
        EXPECT_LE(level, most);
      }
      EXPECT_LE((pe.multiplying ? 1 : 0) + (pe.waits_for_ifmap ? 1 : 0) +
                    (pe.waits_for_psum_spad ? 1 : 0),
                1);
      if (pe.waits_for_psum_spad) {
        EXPECT_EQ(pe.psum_spad, s.psum_spad);
        ++spad_waits;
      }
      ifmap_waits += pe.waits_for_ifmap ? 1 : 0;
    }
  }
  EXPECT_GT(spad_waits, 0U);
  EXPECT_GT(ifmap_waits, 0U);
}

// With one PE, S = 1 and one channel, its levels follow from what the buses carry and it does.
TEST(ArrayProbe, LevelsOfASinglePeFollowFromItsTraffic) {
  for (std::uint64_t seed = 1; seed <= kProbeTrials; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Random random{seed};
    PassShape s;
    s.filters = s.p = static_cast<std::int32_t>(random.integer(1, 9));
    s.psum_spad = s.p + static_cast<std::int32_t>(random.integer(0, 5));
    s.fifo_depth = static_cast<std::int32_t>(random.integer(1, 6));
    s.psum_in_rate = s.psum_out_rate = std::min(4, s.fifo_depth);
    s.F = static_cast<std::int32_t>(random.integer(1, 30));
    s.n = 2;
    const std::vector<ArrayClock> clocks = clocks_of(s, {0, 0});
    for (std::size_t k = 0; k + 1 < clocks.size(); ++k) {
      const ArrayClock& c = clocks[k];
      const PeClock& next = clocks[k + 1].chosen;
      ASSERT_EQ(next.psum_fifo,
                c.chosen.psum_fifo + static_cast<std::int32_t>(c.psum_in_words) - c.accumulating);
      ASSERT_EQ(next.psum_spad, c.chosen.psum_spad + c.multiplying - c.accumulating) << "at " << k;
      ASSERT_EQ(c.multiplying, c.chosen.multiplying ? 1 : 0);
      // A value is in one place until the MAC of its last filter.
      const std::int32_t held = c.chosen.ifmap_fifo + c.chosen.ifmap_spad;
      const std::int32_t then = next.ifmap_fifo + next.ifmap_spad;
      const std::int32_t freed = held + static_cast<std::int32_t>(c.ifmap_words) - then;
      ASSERT_TRUE(freed == 0 || (freed == 1 && c.chosen.multiplying));
    }
  }
}

// The clocks of docs/array.md, counted by hand: see ArrayCore.OnePeTakesOneClockAMac...
TEST(ArrayProbe, ShowsEachEventInItsClock) {
  PassShape s;  // R = S = 1, one filter, one channel, one ofmap row
  s.F = 10;
  s.buffer_latency = 0;
  s.filter_load_unit = 1;
  const std::vector<ArrayClock> clocks = clocks_of(s, {0, 0});
  ASSERT_EQ(clocks.size(), 17U);
  for (std::size_t i = 0; i < clocks.size(); ++i) {
    const std::size_t clock = i + 1;
    SCOPED_TRACE(clock);
    EXPECT_EQ(clocks[i].filter_words, clock == 1 ? 1U : 0U);
    EXPECT_EQ(clocks[i].ifmap_words, clock >= 2 && clock <= 11 ? 1U : 0U);
    EXPECT_EQ(clocks[i].chosen.ifmap_fifo, clock >= 3 && clock <= 12 ? 1 : 0);
    EXPECT_EQ(clocks[i].multiplying, clock >= 4 && clock <= 13 ? 1 : 0);
    EXPECT_EQ(clocks[i].accumulating, clock >= 7 && clock <= 16 ? 1 : 0);
    EXPECT_EQ(clocks[i].psum_out_words, clock >= 8 ? 1U : 0U);
  }
  EXPECT_FALSE(clocks_of(s, {3, 0})[5].chosen.used);
}

}  // namespace
}  // namespace turnpike::pe::row_stationary
