#include "memory/bank_conflicts.hpp"

#include <algorithm>
#include <deque>
#include <numeric>
#include <vector>

#include <gtest/gtest.h>

#include "sim/base/quantity.hpp"
#include "sim/base/random.hpp"

namespace turnpike::memory {
namespace {

/// Clocks by which a pass of `pass` clocks gets longer because banks are shared.
Cycles bank_conflict_clocks(const std::vector<GlbStream>& streams, Cycles pass) {
  const auto busiest = static_cast<std::uint64_t>(busiest_bank_accesses(streams));
  return Cycles{busiest > pass.count() ? busiest - pass.count() : 0};
}

TEST(BankConflicts, DisjointBanksNeverConflict) {
  EXPECT_EQ(bank_conflict_clocks({{1000, {0, 1}}, {1000, {2}}, {1000, {3}}}, Cycles{1000}),
            Cycles{0});
}

TEST(BankConflicts, ReadsAndWritesOfOneBankTakeTurns) {
  EXPECT_EQ(bank_conflict_clocks({{1000, {5}}, {1000, {5}}}, Cycles{1000}), Cycles{1000});
  EXPECT_EQ(bank_conflict_clocks({{1000, {5, 6}}, {1000, {5, 6}}}, Cycles{1000}), Cycles{0});
}

TEST(BankConflicts, StressOfAllStreamsOnFewBanksConflicts) {
  // ifmap reads every fourth clock, psum reads and writes each clock, a DRAM transfer each clock.
  const auto conflicts = [](std::vector<int> banks) {
    return bank_conflict_clocks({{250, banks}, {1000, banks}, {1000, banks}, {1000, banks}},
                                Cycles{1000});
  };
  EXPECT_EQ(conflicts({0}), Cycles{2250});
  EXPECT_EQ(conflicts({0, 1}), Cycles{625});
  EXPECT_EQ(conflicts({0, 1, 2, 3}), Cycles{0});
}

TEST(BankConflicts, NoAccessesNoConflicts) {
  EXPECT_EQ(bank_conflict_clocks({}, Cycles{0}), Cycles{0});
  EXPECT_EQ(bank_conflict_clocks({{0, {}}}, Cycles{0}), Cycles{0});
}

/// Clock by clock: each stream issues at its even rate, each bank serves its queue, one a clock.
std::int64_t served_at(const std::vector<GlbStream>& streams, std::int64_t pass, int banks) {
  std::vector<std::int64_t> issued(streams.size(), 0);
  std::vector<std::int64_t> waiting(static_cast<std::size_t>(banks), 0);
  for (std::int64_t clock = 1;; ++clock) {
    for (std::size_t s = 0; s < streams.size(); ++s) {
      const std::int64_t due = std::min(clock, pass) * streams[s].accesses / pass;
      for (; issued[s] < due; ++issued[s]) {
        const auto bank =
            streams[s].banks[static_cast<std::size_t>(issued[s] % std::ssize(streams[s].banks))];
        ++waiting[static_cast<std::size_t>(bank)];
      }
    }
    std::int64_t left = 0;
    for (auto& queue : waiting) {
      queue -= queue > 0 ? 1 : 0;
      left += queue;
    }
    if (clock >= pass && left == 0) {
      return clock;
    }
  }
}

TEST(BankConflicts, AgreesWithBanksServedClockByClock) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Random random{seed};
    const int banks = static_cast<int>(random.integer(1, 8));
    const std::int64_t pass = random.integer(200, 1000);
    std::vector<GlbStream> streams(static_cast<std::size_t>(random.integer(1, 4)));
    for (GlbStream& stream : streams) {
      stream.accesses = random.integer(0, pass);
      const int first = static_cast<int>(random.integer(0, banks - 1));
      stream.banks.resize(static_cast<std::size_t>(random.integer(1, banks - first)));
      std::iota(stream.banks.begin(), stream.banks.end(), first);
    }
    const auto model = static_cast<std::int64_t>(
        pass +
        static_cast<std::int64_t>(
            bank_conflict_clocks(streams, Cycles{static_cast<std::uint64_t>(pass)}).count()));
    const std::int64_t simulated = served_at(streams, pass, banks);
    // What collides in the last clocks is served a few clocks later: a queue's worth.
    EXPECT_LE(std::abs(simulated - model), 2 * std::ssize(streams))
        << simulated << " clocks one by one, " << model << " by the rule";
  }
}

}  // namespace
}  // namespace turnpike::memory
