#include "memory/dram_controller.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "memory/dram_energy.hpp"
#include "tests/memory/dram_support.hpp"
#include "tests/memory/dram_validation.hpp"
#include "tests/memory/timing_checker.hpp"

namespace turnpike::memory {
namespace {

using test::CommandLog;

struct Timed {
  DramRequest request;
  DramClock at = 0;
};

struct Outcome {
  std::vector<DramClock> completions;  ///< by request
  DramCounts counts;
  CommandLog log;
};

/// Submits in time order and runs to the end. With `steps`: advances in random small steps and
/// checks next_event() on the way.
Outcome run(const DramDevice& device, int channels, const DramPolicy& policy,
            const std::vector<Timed>& requests, Random* steps = nullptr) {
  Outcome outcome;
  DramController controller{device, channels, policy, &outcome.log};
  std::vector<DramCompletion> done;
  for (const Timed& timed : requests) {
    while (steps != nullptr && controller.now() < timed.at) {
      const auto promised = controller.next_event();
      const std::size_t before = done.size();
      controller.advance(std::min(timed.at, controller.now() + steps->integer(0, 40)), done);
      for (std::size_t i = before; i < done.size(); ++i) {
        EXPECT_TRUE(promised && done[i].at >= *promised);
      }
    }
    controller.submit(timed.request, timed.at);
  }
  controller.finish(done);
  outcome.completions.resize(requests.size());
  for (const DramCompletion& completion : done) {
    outcome.completions[completion.id - 1] = completion.at;
    EXPECT_EQ(completion.submitted, requests[completion.id - 1].at);
  }
  EXPECT_EQ(done.size(), requests.size());
  outcome.counts = controller.counts();
  return outcome;
}

/// Requests of mixed lengths and gaps, some near one another so that rows are hit.
std::vector<Timed> random_requests(Random& random, std::int64_t capacity, int n) {
  std::vector<Timed> requests;
  const std::int64_t hot = random.integer(0, capacity / 2) / 65536 * 65536;
  DramClock at = 0;
  for (int i = 0; i < n; ++i) {
    const bool near = random.integer(0, 2) != 0;
    DramRequest request{.bytes = random.integer(1, random.integer(0, 3) == 0 ? 5000 : 64),
                        .write = random.integer(0, 2) == 0,
                        .stream = static_cast<Stream>(random.integer(0, 1))};
    request.address =
        near ? hot + random.integer(0, 300000) : random.integer(0, capacity - request.bytes);
    requests.push_back({request, at});
    const std::int64_t pause = random.integer(0, 30);
    at += pause == 0 ? random.integer(0, 12000) : pause < 10 ? pause * 8 : 0;
  }
  return requests;
}

DramDevice random_device(Random& random) {
  static const std::vector<std::string> names{"ddr3-1600",   "ddr4-2400", "ddr4-3200",
                                              "lpddr3-1600", "hbm2",      "lpddr4-3200"};
  DramDevice device =
      test::device(names[static_cast<std::size_t>(random.integer(0, std::ssize(names) - 1))]);
  device.organisation.ranks = random.integer(0, 1) == 0 ? 1 : 2;
  if (random.integer(0, 1) == 0) {
    device.address_mapping = "rorabachcobg";
  }
  return device;
}

DramPolicy random_policy(Random& random) {
  DramPolicy policy;
  policy.page = static_cast<DramPolicy::Page>(random.integer(0, 1));
  policy.read_queue = static_cast<int>(random.integer(1, 40));
  policy.write_queue = static_cast<int>(random.integer(2, 40));
  policy.drain_above = static_cast<int>(random.integer(1, policy.write_queue));
  policy.drain_below = static_cast<int>(random.integer(0, policy.drain_above - 1));
  policy.starvation_clocks = random.integer(0, 1) == 0 ? 4096 : 150;
  if (random.integer(0, 1) == 0) {
    policy.power_down_after = random.integer(1, 500);
  }
  return policy;
}

TEST(DramController, EveryCommandObeysTheStandardsRules) {
  for (std::uint64_t seed = 1; seed <= 24; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Random random{seed};
    const DramDevice device = random_device(random);
    const DramPolicy policy = random_policy(random);
    SCOPED_TRACE(device.name);
    const auto requests = random_requests(random, device.capacity_bytes(), 120);
    const Outcome outcome = run(device, 1, policy, requests);
    const test::TimingChecker checker{device, policy.page == DramPolicy::Page::closed};
    EXPECT_EQ(checker.violations(outcome.log.commands), "");
  }
}

TEST(DramController, TheCheckerNoticesABrokenRule) {
  Random random{3};
  DramDevice device = test::device("ddr4-2400");
  auto requests = random_requests(random, device.capacity_bytes(), 1000);  // each rule binds once
  requests.insert(requests.begin(), {{.bytes = 100000}, 0});  // long enough to meet a refresh
  const Outcome outcome = run(device, 1, {}, requests);
  const std::vector<std::pair<const char*, int DramTiming::*>> rules{
      {"RCD", &DramTiming::RCD},     {"RP", &DramTiming::RP},       {"RAS", &DramTiming::RAS},
      {"RRD_L", &DramTiming::RRD_L}, {"CCD_L", &DramTiming::CCD_L}, {"CCD_S", &DramTiming::CCD_S},
      {"WTR_L", &DramTiming::WTR_L}, {"RFC", &DramTiming::RFC},     {"RTRS", &DramTiming::RTRS}};
  for (const auto& [name, rule] : rules) {
    DramDevice stricter = device;
    ++(stricter.timing.*rule);
    EXPECT_NE((test::TimingChecker{stricter, false}.violations(outcome.log.commands)), "") << name;
  }
}

TEST(DramController, CountsAddUp) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Random random{seed};
    const DramDevice device = random_device(random);
    const DramPolicy policy = random_policy(random);
    const auto requests = random_requests(random, device.capacity_bytes(), 100);
    DramController controller{device, 1, policy};
    for (const Timed& timed : requests) {
      controller.submit(timed.request, timed.at);
    }
    std::vector<DramCompletion> done;
    controller.finish(done);
    controller.advance(controller.now() + random.integer(0, 30000), done);
    const DramCounts counts = controller.counts();
    const std::uint64_t bursts =
        counts.reads[0] + counts.reads[1] + counts.writes[0] + counts.writes[1];
    EXPECT_EQ(counts.row_hits + counts.row_misses + counts.row_conflicts, bursts);
    std::uint64_t asked = 0;
    for (const Timed& timed : requests) {
      const std::int64_t unit = device.burst_bytes();
      asked += static_cast<std::uint64_t>((timed.request.address + timed.request.bytes - 1) / unit -
                                          timed.request.address / unit + 1);
    }
    EXPECT_EQ(asked, bursts);
    EXPECT_EQ(counts.clocks_active + counts.clocks_precharged + counts.clocks_powerdown,
              static_cast<std::uint64_t>(controller.now() * device.organisation.ranks));
    EXPECT_GE(counts.activates[0] + counts.activates[1], counts.precharges);
    EXPECT_GE(counts.activates[0] + counts.activates[1], counts.row_misses + counts.row_conflicts);
    EXPECT_NEAR(
        static_cast<double>(counts.refreshes),
        static_cast<double>(controller.now() * device.organisation.ranks) / device.timing.REFI,
        2.0);
  }
}

TEST(DramController, NothingDependsOnHowOftenItIsAsked) {
  for (std::uint64_t seed = 1; seed <= 24; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Random random{seed};
    const DramDevice device = random_device(random);
    const DramPolicy policy = random_policy(random);
    const int channels = random.integer(0, 1) == 0 ? 1 : 2;
    const auto requests = random_requests(random, device.capacity_bytes(), 100);
    const Outcome whole = run(device, channels, policy, requests);
    const Outcome stepped = run(device, channels, policy, requests, &random);
    EXPECT_EQ(stepped.completions, whole.completions);
    EXPECT_EQ(stepped.counts, whole.counts);
  }
}

TEST(DramController, TheShortcutChangesNothing) {
  for (std::uint64_t seed = 1; seed <= 24; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Random random{seed};
    const DramDevice device = random_device(random);
    DramPolicy policy = random_policy(random);
    const auto requests = random_requests(random, device.capacity_bytes(), 100);
    const Outcome quick = run(device, 1, policy, requests);
    policy.shortcut = false;
    const Outcome general = run(device, 1, policy, requests);
    EXPECT_EQ(quick.completions, general.completions);
    EXPECT_EQ(quick.counts, general.counts);
  }
}

TEST(DramController, NoBurstStarves) {
  // Hits on an open row keep coming; the request for another row of the bank is served all the
  // same.
  const DramDevice device = test::device("ddr3-1600");
  DramController controller{device, 1, {.starvation_clocks = 500}};
  std::vector<DramCompletion> done;
  const DramRequestId other = controller.submit({.address = 1 << 20, .bytes = 64}, 0);
  DramClock now = 0;
  DramClock served = -1;
  for (int i = 0; served < 0 && i < 3000; ++i) {
    controller.submit({.address = (i % 100) * 64, .bytes = 64}, now);
    controller.advance(now += 4, done);
    for (const DramCompletion& completion : done) {
      served = completion.id == other ? completion.at : served;
    }
    done.clear();
  }
  EXPECT_GE(served, 0);
  EXPECT_LT(served, 800);
}

TEST(DramController, TwoChannelsMoveTwiceAsMuch) {
  const DramDevice device = test::device("lpddr3-1600");
  const auto clocks = [&](int channels) {
    DramController controller{device, channels, {}};
    std::vector<DramCompletion> done;
    controller.submit({.address = 0, .bytes = 1 << 20}, 0);
    return static_cast<double>(controller.finish(done));
  };
  EXPECT_NEAR(clocks(1) / clocks(2), 2.0, 0.03);
  EXPECT_NEAR(clocks(1) / clocks(4), 4.0, 0.15);
}

TEST(DramController, IdleRefreshesAreCaughtUpWith) {
  const DramDevice device = test::device("lpddr3-1600");
  DramController controller{device, 1, {}};
  std::vector<DramCompletion> done;
  EXPECT_EQ(controller.next_event(), std::nullopt) << "a memory nobody uses needs no wake-up";
  controller.advance(device.timing.REFI * 1000 + 10, done);
  EXPECT_EQ(controller.counts().refreshes, 1000U);
  EXPECT_EQ(controller.counts().clocks_precharged,
            static_cast<std::uint64_t>(1000 * device.timing.REFI - 999 * device.timing.RFC))
      << "ten clocks into the last refresh";
}

TEST(DramController, ATransferTakesTheWholeBurstsItTouches) {
  DramController controller{test::device("lpddr3-1600"), 1, {}};
  controller.submit({.address = 60, .bytes = 9}, 0);
  std::vector<DramCompletion> done;
  controller.finish(done);
  EXPECT_EQ(controller.counts().reads[0], 2U);
}

TEST(DramController, ALinkMovesAWordAClock) {
  DramController controller{test::device("eyeriss-link"), 1, {}};
  std::vector<DramCompletion> done;
  controller.submit({.address = 0, .bytes = 800}, 10);
  controller.submit({.address = 0, .bytes = 8, .write = true}, 20);
  EXPECT_EQ(controller.next_event(), 110);
  controller.advance(110, done);
  ASSERT_EQ(done.size(), 1U);
  EXPECT_EQ(controller.next_event(), 111);
  EXPECT_EQ(controller.finish(done), 111);
  EXPECT_EQ(controller.counts().reads[0], 100U);
  EXPECT_EQ(controller.counts().writes[0], 1U);
  EXPECT_EQ(test::energy_of(controller.device(), controller.counts()).total(), 0.0);
}

TEST(DramController, ALinkServesReadsFirstAndWritesInTheClocksTheyLeave) {
  DramController controller{test::device("eyeriss-link"), 1, {}};
  std::vector<DramCompletion> done;
  const DramRequestId write = controller.submit({.address = 0, .bytes = 100 * 8, .write = true}, 0);
  EXPECT_EQ(controller.next_event(), 100);
  const DramRequestId read = controller.submit({.address = 0, .bytes = 30 * 8}, 40);
  EXPECT_EQ(controller.next_event(), 70);
  const DramRequestId later = controller.submit({.address = 0, .bytes = 5 * 8, .write = true}, 50);
  controller.advance(90, done);
  EXPECT_EQ(controller.next_event(), 130);
  const DramRequestId last = controller.submit({.address = 0, .bytes = 10 * 8}, 90);
  EXPECT_EQ(controller.finish(done), 145);
  ASSERT_EQ(done.size(), 4U);
  const std::vector<std::pair<DramRequestId, DramClock>> expected{
      {read, 70}, {last, 100}, {write, 140}, {later, 145}};
  for (std::size_t i = 0; i < done.size(); ++i) {
    EXPECT_EQ(done[i].id, expected[i].first);
    EXPECT_EQ(done[i].at, expected[i].second);
  }
}

/// Word by word and clock by clock, whenever the controller is asked.
TEST(DramController, ALinkAgreesWithStepsOfOneClock) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Random random{seed};
    DramController controller{test::device("eyeriss-link"), 1, {}};
    struct Waiting {
      DramRequestId id;
      std::int64_t words;
    };
    std::deque<Waiting> reads, writes;
    std::map<DramRequestId, DramClock> expected;
    std::vector<DramCompletion> done;
    for (DramClock at = 0; at < 200 || !reads.empty() || !writes.empty(); ++at) {
      while (at < 200 && random.uniform() < 0.1) {
        const std::int64_t words = random.integer(1, 20);
        const bool write = random.uniform() < 0.5;
        const DramRequestId id =
            controller.submit({.address = 0, .bytes = words * 8, .write = write}, at);
        (write ? writes : reads).push_back({id, words});
      }
      std::deque<Waiting>& served = reads.empty() ? writes : reads;
      if (!served.empty() && --served.front().words == 0) {
        expected[served.front().id] = at + 1;
        served.pop_front();
      }
      if (random.uniform() < 0.3) {
        controller.advance(at, done);
      }
    }
    controller.finish(done);
    ASSERT_EQ(done.size(), expected.size());
    for (const DramCompletion& completion : done) {
      EXPECT_EQ(completion.at, expected.at(completion.id));
    }
  }
}

TEST(DramController, AnIdealMemoryAnswersAtOnce) {
  DramController controller{test::device("ideal"), 4, {}};
  controller.submit({.address = 0, .bytes = 1 << 30}, 7);
  std::vector<DramCompletion> done;
  EXPECT_EQ(controller.next_event(), 7);
  EXPECT_EQ(controller.finish(done), 7);
}

TEST(DramController, MisuseIsOurBugNotTheUsers) {
  const DramDevice device = test::device("lpddr3-1600");
  DramController controller{device, 1, {}};
  EXPECT_THROW(controller.submit({.address = 0, .bytes = 0}, 0), InternalError);
  EXPECT_THROW(controller.submit({.address = -1, .bytes = 8}, 0), InternalError);
  EXPECT_THROW(controller.submit({.address = device.capacity_bytes() - 7, .bytes = 8}, 0),
               InternalError);
  controller.submit({.address = 0, .bytes = 8}, 5);
  EXPECT_THROW(controller.submit({.address = 0, .bytes = 8}, 4), InternalError);
}

TEST(DramController, EnergyIsCountsTimesTheTable) {
  DramDevice device = test::device("ddr4-2400");
  DramCounts counts;
  counts.activates = {2, 1};
  counts.reads = {10, 0};
  counts.writes = {0, 4};
  counts.refreshes = 5;
  counts.clocks_precharged = 100;
  counts.clocks_active = 10;
  counts.clocks_powerdown = 1;
  const test::EnergyBreakdown energy = test::energy_of(device, counts);
  EXPECT_DOUBLE_EQ(energy.activate, 3 * 431.27 * 8);
  EXPECT_DOUBLE_EQ(energy.read, 10 * 5.727 * 512);
  EXPECT_DOUBLE_EQ(energy.write, 4 * 4.980 * 512);
  EXPECT_DOUBLE_EQ(energy.refresh, 5 * 86592.0 * 8);
  EXPECT_DOUBLE_EQ(energy.background, (100 * 40.8 + 10 * 51.6 + 30.0) * 0.83 * 8);
}

TEST(DramController, ActionsAreTheVocabularys) {
  DramCounts counts;
  counts.activates = {2, 1};
  counts.reads = {10, 0};
  counts.refreshes = 5;
  counts.clocks_active = 77;
  const ActionCounts actions = dram_actions(counts);
  EXPECT_EQ(actions.size(), 5U);
  ActionKey key;
  key.component = Component::dram;
  key.action = Action::activate;
  key.stream = Stream::highway;
  EXPECT_EQ(actions.at(key), 1U);
  key.action = Action::background;
  key.stream = Stream::low;
  key.item = "active";
  EXPECT_EQ(actions.at(key), 77U);
  EXPECT_TRUE(dram_actions(counts, counts).empty());
}

}  // namespace
}  // namespace turnpike::memory
