#include "pe/row_stationary/array_core.hpp"

#include <gtest/gtest.h>

#include "tests/pe/row_stationary/random_pass.hpp"

namespace turnpike::pe::row_stationary {
namespace {

PassCounters run(const PassShape& shape, PassOperands* operands) {
  ArrayCore core;
  core.begin(shape, operands);
  while (!core.step()) {
    if (core.counters().cycles > 1'000'000) {
      ADD_FAILURE() << "deadlock";
      break;
    }
  }
  core.finish();
  EXPECT_TRUE(core.drained());
  return core.counters();
}

constexpr int kTrials = 150;

TEST(ArrayCore, ComputesThePsumsOfRandomPasses) {
  for (std::uint64_t seed = 1; seed <= kTrials; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Random random{seed};
    const PassShape shape = test::random_shape(random);
    PassOperands operands = test::random_operands(shape, random);
    const auto expected = test::naive_pass(shape, operands);
    run(shape, &operands);
    ASSERT_EQ(operands.psum, expected);
  }
}

TEST(ArrayCore, TimingAndCountsDoNotDependOnData) {
  for (std::uint64_t seed = 1; seed <= kTrials; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Random random{seed};
    const PassShape shape = test::random_shape(random);
    PassOperands one = test::random_operands(shape, random);
    PassOperands other = test::random_operands(shape, random);
    const PassCounters without = run(shape, nullptr);
    EXPECT_EQ(without, run(shape, &one));
    EXPECT_EQ(without, run(shape, &other));
  }
}

TEST(ArrayCore, CountsFollowFromTheShape) {
  for (std::uint64_t seed = 1; seed <= kTrials; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Random random{seed};
    const PassShape s = test::random_shape(random);
    const PassCounters c = run(s, nullptr);
    const auto u = [](std::int64_t value) { return static_cast<std::uint64_t>(value); };
    const std::int64_t outputs = std::int64_t{s.n} * s.filters * s.e * s.F;
    EXPECT_EQ(c.mac_slots, u(outputs * s.channels * s.R * s.S));
    EXPECT_EQ(c.active_pes, u(std::int64_t{s.R} * s.e * s.r * s.t));
    EXPECT_EQ(c.psum_accumulations, u(outputs * s.r * s.R));
    EXPECT_EQ(c.link_words, u(outputs * (s.r * s.R - 1)));
    EXPECT_EQ(c.psum_in_network.y, u(outputs));
    EXPECT_EQ(c.psum_out_network.y, u(outputs));
    EXPECT_EQ(c.filter_network.y, u(std::int64_t{s.filters} * s.channels * s.R * s.S));
    EXPECT_EQ(c.filter_spad_writes, u(std::int64_t{s.filters} * s.channels * s.R * s.S * s.e));
    // Every PE sees each value of its ifmap row once.
    EXPECT_EQ(c.ifmap_spad_writes,
              u(std::int64_t{s.n} * s.channels * s.R * s.e * s.t * s.ifmap_columns()));
    EXPECT_EQ(c.ifmap_network.hits, c.ifmap_spad_writes);
    EXPECT_EQ(c.ifmap_spad_reads, u(std::int64_t{s.n} * s.F * s.e * s.t * s.channels * s.R * s.S));
  }
}

TEST(ArrayCore, IsNeverFasterThanItsResources) {
  for (std::uint64_t seed = 1; seed <= kTrials; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Random random{seed};
    const PassShape s = test::random_shape(random);
    const PassCounters c = run(s, nullptr);
    const std::uint64_t stream = c.cycles - c.load_cycles;
    const auto u = [](std::int64_t value) { return static_cast<std::uint64_t>(value); };
    EXPECT_GE(stream, u(std::int64_t{s.n} * s.F * std::min(s.p, s.filters) *
                        std::min(s.q, s.channels) * s.S));
    EXPECT_GE(stream * u(s.psum_in_rate), c.psum_in_network.y);
    EXPECT_GE(stream * u(s.psum_out_rate), c.psum_out_network.y);
    EXPECT_GE(stream * u(s.ifmap_rate), c.ifmap_network.y);
    EXPECT_GE(c.load_cycles * u(s.filter_rate), c.filter_network.y);
  }
}

TEST(ArrayCore, DeeperFifosAreNeverSlower) {
  for (std::uint64_t seed = 1; seed <= kTrials; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Random random{seed};
    PassShape shape = test::random_shape(random);
    const std::uint64_t shallow = run(shape, nullptr).cycles;
    shape.fifo_depth += 3;
    EXPECT_LE(run(shape, nullptr).cycles, shallow);
  }
}

TEST(ArrayCore, OnePeTakesOneClockAMacAfterItsFirstValue) {
  PassShape s;  // R = S = 1, one filter, one channel, one ofmap row
  s.F = 10;
  s.buffer_latency = 0;
  s.filter_load_unit = 1;
  // 1 clock of filter load; value on the bus in clock 2, in the spad at the end of 3, first MAC in
  // 4, last in 13; its psum is accumulated 3 clocks later and leaves in the clock after.
  EXPECT_EQ(run(s, nullptr).cycles, 17U);
  s.F = 11;
  EXPECT_EQ(run(s, nullptr).cycles, 18U);
}

TEST(ArrayCore, AFilterLoadStreamsWholeUnits) {
  PassShape s;
  s.filters = s.p = 3;  // 3 weights of a 4-value word
  s.filter_load_unit = 2048;
  EXPECT_EQ(run(s, nullptr).load_cycles, 512U);
  s.filter_load_unit = 1;
  EXPECT_EQ(run(s, nullptr).load_cycles, 1U);
}

}  // namespace
}  // namespace turnpike::pe::row_stationary
