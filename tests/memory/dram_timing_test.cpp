// Each timing rule of a device, alone: the second command leaves at the first legal clock and not
// one before.

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "memory/dram_controller.hpp"
#include "tests/memory/dram_support.hpp"

namespace turnpike::memory {
namespace {

using test::CommandLog;

/// Small figures, so that any rule can be made the one that binds.
DramDevice small_device() {
  DramDevice device = test::device("ddr4-2400");
  device.timing = {.CL = 10,
                   .CWL = 8,
                   .RCD = 5,
                   .RP = 5,
                   .RAS = 8,
                   .RC = 13,
                   .RRD_S = 1,
                   .RRD_L = 1,
                   .FAW = 1,
                   .CCD_S = 4,
                   .CCD_L = 4,
                   .WR = 3,
                   .WTR_S = 1,
                   .WTR_L = 1,
                   .RTP = 2,
                   .RTRS = 0,
                   .RFC = 50,
                   .REFI = 100000,
                   .XP = 5,
                   .CKE = 4};
  return device;
}

/// The log of requests all made at clock 0.
struct Wanted {
  DramLocation where;
  bool write = false;
};
CommandLog run(const DramDevice& device, const std::vector<Wanted>& wanted,
               const DramPolicy& policy = {}) {
  CommandLog log;
  DramController controller{device, 1, policy, &log};
  const AddressMapping map{device, 1};
  for (const Wanted& w : wanted) {
    controller.submit({.address = map.address_of(w.where), .bytes = 64, .write = w.write}, 0);
  }
  std::vector<DramCompletion> done;
  controller.finish(done);
  return log;
}

/// Writes, then reads once the write was given its command: reads would otherwise go first.
CommandLog write_then_read(const DramDevice& device, const DramLocation& first,
                           const DramLocation& second) {
  CommandLog log;
  DramController controller{device, 1, {}, &log};
  const AddressMapping map{device, 1};
  std::vector<DramCompletion> done;
  controller.submit({.address = map.address_of(second), .bytes = 64}, 0);
  controller.finish(done);  // opens the second row
  const DramClock now = controller.now();
  controller.submit({.address = map.address_of(first), .bytes = 64, .write = true}, now);
  DramClock clock = now;
  while (log.at(DramCommand::write) < 0) {
    controller.advance(++clock, done);
  }
  controller.submit({.address = map.address_of(second), .bytes = 64}, clock);
  controller.finish(done);
  return log;
}

constexpr DramLocation kRow0{};
constexpr DramLocation kRow1{.row = 1};
constexpr DramLocation kNextColumn{.column = 1};
constexpr DramLocation kSameGroup{.bank = 1};
constexpr DramLocation kOtherGroup{.group = 1};

TEST(DramTiming, RcdHoldsTheReadAfterItsActivate) {
  DramDevice device = small_device();
  for (const int clocks : {5, 6, 21}) {
    device.timing.RCD = clocks;
    const CommandLog log = run(device, {{kRow0}});
    EXPECT_EQ(log.at(DramCommand::read) - log.at(DramCommand::activate), clocks);
  }
}

TEST(DramTiming, RpHoldsTheActivateAfterAPrecharge) {
  DramDevice device = small_device();
  for (const int clocks : {5, 6, 21}) {
    device.timing.RP = clocks;
    const CommandLog log = run(device, {{kRow0}, {kRow1}});
    EXPECT_EQ(log.at(DramCommand::activate, 1) - log.at(DramCommand::precharge), clocks);
  }
}

TEST(DramTiming, RasHoldsThePrechargeAfterAnActivate) {
  DramDevice device = small_device();
  for (const int clocks : {8, 9, 40}) {
    device.timing.RAS = clocks;
    const CommandLog log = run(device, {{kRow0}, {kRow1}});
    EXPECT_EQ(log.at(DramCommand::precharge) - log.at(DramCommand::activate), clocks);
  }
}

TEST(DramTiming, RcHoldsTheNextActivateOfTheBank) {
  DramDevice device = small_device();
  for (const int clocks : {14, 15, 60}) {
    device.timing.RC = clocks;
    const CommandLog log = run(device, {{kRow0}, {kRow1}});
    EXPECT_EQ(log.at(DramCommand::activate, 1) - log.at(DramCommand::activate), clocks);
  }
}

TEST(DramTiming, RrdHoldsActivatesOfOtherBanksBySameAndOtherGroup) {
  DramDevice device = small_device();
  for (const int clocks : {2, 3, 4}) {
    device.timing.RRD_S = clocks;
    device.timing.RRD_L = 10;
    const CommandLog other = run(device, {{kRow0}, {kOtherGroup}});
    EXPECT_EQ(other.at(DramCommand::activate, 1) - other.at(DramCommand::activate), clocks);
    device.timing.RRD_L = clocks;
    device.timing.RRD_S = 1;
    const CommandLog same = run(device, {{kRow0}, {kSameGroup}});
    EXPECT_EQ(same.at(DramCommand::activate, 1) - same.at(DramCommand::activate), clocks);
  }
}

TEST(DramTiming, FawLetsFourActivatesInAWindow) {
  DramDevice device = small_device();
  const std::vector<Wanted> five{
      {{.group = 0}}, {{.group = 1}}, {{.group = 2}}, {{.group = 3}}, {{.group = 0, .bank = 1}}};
  for (const int clocks : {20, 21, 33}) {
    device.timing.FAW = clocks;
    const CommandLog log = run(device, five);
    EXPECT_LT(log.at(DramCommand::activate, 3) - log.at(DramCommand::activate), 20);
    EXPECT_EQ(log.at(DramCommand::activate, 4) - log.at(DramCommand::activate), clocks);
  }
}

TEST(DramTiming, CcdHoldsColumnCommandsBySameAndOtherGroup) {
  DramDevice device = small_device();
  for (const bool write : {false, true}) {
    const auto command = write ? DramCommand::write : DramCommand::read;
    for (const int clocks : {4, 5, 9}) {
      device.timing.CCD_L = clocks;
      device.timing.CCD_S = 4;
      const CommandLog same = run(device, {{kRow0, write}, {kNextColumn, write}});
      EXPECT_EQ(same.at(command, 1) - same.at(command), clocks);
      device.timing.CCD_S = clocks;
      const CommandLog other = run(device, {{kRow0, write}, {kOtherGroup, write}});
      EXPECT_EQ(other.at(command, 1) - other.at(command), clocks);
    }
  }
}

TEST(DramTiming, BurstsNeverOverlapOnTheDataBus) {
  DramDevice device = small_device();
  device.timing.CCD_S = 1;
  device.timing.CCD_L = 1;
  const CommandLog log = run(device, {{kRow0}, {kNextColumn}, {kOtherGroup}});
  EXPECT_EQ(log.at(DramCommand::read, 1) - log.at(DramCommand::read), 4) << "BL/2";
  EXPECT_EQ(log.at(DramCommand::read, 2) - log.at(DramCommand::read, 1), 4);
}

TEST(DramTiming, RtpHoldsThePrechargeAfterARead) {
  DramDevice device = small_device();
  for (const int clocks : {4, 5, 30}) {
    device.timing.RTP = clocks;
    const CommandLog log = run(device, {{kRow0}, {kRow1}});
    EXPECT_EQ(log.at(DramCommand::precharge) - log.at(DramCommand::read), clocks);
  }
}

TEST(DramTiming, WrHoldsThePrechargeAfterWrittenData) {
  DramDevice device = small_device();
  for (const int clocks : {3, 4, 30}) {
    device.timing.WR = clocks;
    const CommandLog log = run(device, {{kRow0, true}, {kRow1, true}});
    EXPECT_EQ(log.at(DramCommand::precharge) - log.at(DramCommand::write), 8 + 4 + clocks);
  }
}

TEST(DramTiming, WtrHoldsTheReadAfterWrittenDataBySameAndOtherGroup) {
  DramDevice device = small_device();
  for (const int clocks : {1, 2, 30}) {
    device.timing.WTR_L = clocks;
    device.timing.WTR_S = 1;
    const CommandLog same = write_then_read(device, kRow0, kNextColumn);
    EXPECT_EQ(same.at(DramCommand::read, 1) - same.at(DramCommand::write), 8 + 4 + clocks);
    device.timing.WTR_S = clocks;
    const CommandLog other = write_then_read(device, kRow0, kOtherGroup);
    EXPECT_EQ(other.at(DramCommand::read, 1) - other.at(DramCommand::write), 8 + 4 + clocks);
  }
}

TEST(DramTiming, AWriteAfterAReadWaitsForTheBusToTurn) {
  DramDevice device = small_device();
  for (const int bubble : {0, 1, 5}) {
    device.timing.RTRS = bubble;
    const CommandLog log = run(device, {{kRow0}, {kNextColumn, true}});
    EXPECT_EQ(log.at(DramCommand::write) - log.at(DramCommand::read), 10 + 4 + bubble - 8);
  }
}

TEST(DramTiming, RtrsSeparatesTheDataOfTwoRanks) {
  DramDevice device = small_device();
  device.organisation.ranks = 2;
  for (const int bubble : {0, 1, 5}) {
    device.timing.RTRS = bubble;
    const CommandLog log = run(device, {{kRow0}, {{.rank = 1}}});
    EXPECT_EQ(log.at(DramCommand::read, 1) - log.at(DramCommand::read), 4 + bubble);
  }
}

TEST(DramTiming, RefreshComesWhenDueAndHoldsTheRankForRfc) {
  DramDevice device = small_device();
  device.timing.REFI = 200;
  for (const int clocks : {50, 51, 80}) {
    device.timing.RFC = clocks;
    CommandLog log;
    DramController controller{device, 1, {}, &log};
    std::vector<DramCompletion> done;
    controller.submit({.address = 0, .bytes = 64}, 202);
    controller.finish(done);
    EXPECT_EQ(log.at(DramCommand::refresh), 200);
    EXPECT_EQ(log.at(DramCommand::activate), 200 + clocks);
    controller.advance(1000, done);
    EXPECT_EQ(log.at(DramCommand::precharge), 400) << "the open row is closed first";
    EXPECT_EQ(log.at(DramCommand::refresh, 1), 400 + 5);
    EXPECT_EQ(log.at(DramCommand::refresh, 2), 600);
  }
}

TEST(DramTiming, PowerDownWaitsForIdlenessAndXpHoldsTheFirstCommand) {
  DramDevice device = small_device();
  for (const int clocks : {5, 6, 20}) {
    device.timing.XP = clocks;
    CommandLog log;
    DramController controller{device, 1, {.power_down_after = 100}, &log};
    std::vector<DramCompletion> done;
    controller.submit({.address = 0, .bytes = 64}, 0);
    controller.finish(done);
    controller.submit({.address = 0, .bytes = 64}, 500);
    controller.finish(done);
    const DramClock read = log.at(DramCommand::read);
    EXPECT_EQ(log.at(DramCommand::precharge), read + 100);
    EXPECT_EQ(log.at(DramCommand::power_down), read + 100 + 5);
    EXPECT_EQ(log.at(DramCommand::power_up), 501);
    EXPECT_EQ(log.at(DramCommand::activate, 1), 501 + clocks);
  }
}

TEST(DramTiming, CkeIsTheShortestPowerDown) {
  DramDevice device = small_device();
  for (const int clocks : {4, 5, 20}) {
    device.timing.CKE = clocks;
    CommandLog log;
    DramController controller{device, 1, {.power_down_after = 100}, &log};
    std::vector<DramCompletion> done;
    controller.submit({.address = 0, .bytes = 64}, 100);
    controller.finish(done);
    EXPECT_EQ(log.at(DramCommand::power_down), 100);
    EXPECT_EQ(log.at(DramCommand::power_up), 100 + clocks);
  }
}

TEST(DramTiming, AClosedPageIsClosedByItsBurst) {
  const DramDevice device = small_device();
  const CommandLog log =
      run(device, {{kRow0}, {kNextColumn}, {kOtherGroup}}, {.page = DramPolicy::Page::closed});
  EXPECT_EQ(log.commands.size(), 7U) << "two rows opened and closed, three reads";
  EXPECT_GE(log.at(DramCommand::precharge), log.at(DramCommand::read, 1));
}

}  // namespace
}  // namespace turnpike::memory
