#include "sim/accelerator/buffer_ports.hpp"

#include <gtest/gtest.h>

#include "sim/base/error.hpp"
#include "tests/sim/accelerator/sample_trace.hpp"
#include "tests/sim/accelerator/small_machine.hpp"

namespace turnpike::accelerator {
namespace {

using test::small_machine;

TEST(BufferPorts, LinesGoRoundAllBanks) {
  const AcceleratorConfig config = small_machine();  // 8 banks
  const BufferPorts ports{config};
  EXPECT_EQ(ports.clocks_for({.ifmap = 8}), 1U);
  EXPECT_EQ(ports.clocks_for({.ifmap = 80, .psum = 80, .maps = 80}), 30U);
  EXPECT_EQ(ports.clocks_for({}), 0U);
}

TEST(BufferUser, MovesAtAnEvenRateInEachJob) {
  BufferUser user;
  user.begins(100, {.psum = 50}, 10);
  EXPECT_EQ(user.between(100, 105).psum, 25U) << "as expected when it began";
  user.ends(120, {.psum = 60});
  EXPECT_EQ(user.between(100, 110).psum, 30U) << "as it turned out";
  EXPECT_EQ(user.between(0, 1000).psum, 60U);
  user.begins_alike(200);
  EXPECT_EQ(user.between(110, 210).psum, 30U + 30U);
  user.ends(220, {.ifmap = 7});
  EXPECT_EQ(user.between(0, 1000).ifmap, 7U);
  EXPECT_EQ(user.between(0, 50).total(), 0U);
}

TEST(BufferPorts, ThePostProcessingUnitGetsWhatTheArrayLeaves) {
  const AcceleratorConfig config = small_machine();  // 8 lines a clock
  BufferPorts ports{config};
  ports.array.begins(0, {}, 0);
  ports.array.ends(100, {.psum = 600});
  EXPECT_EQ(ports.post_needs({.maps = 200}, 0, 100), 0U);
  EXPECT_EQ(ports.post_needs({.maps = 280}, 0, 100), 10U);
  EXPECT_EQ(ports.post_needs({.maps = 280}, 100, 100), 35U) << "the array is idle";
}

TEST(BufferPorts, ATransferGetsWhatBothLeave) {
  const AcceleratorConfig config = small_machine();
  BufferPorts ports{config};
  ports.array.begins(0, {}, 0);
  ports.array.ends(100, {.psum = 400});
  ports.post.begins(0, {.maps = 320}, 100);
  EXPECT_EQ(ports.fill_needs({.ifmap = 80}, 0, 100), 0U);
  EXPECT_EQ(ports.fill_needs({.ifmap = 160}, 0, 100), 10U);
  EXPECT_EQ(ports.fill_needs({}, 0, 0), 0U);
}

TEST(BufferPorts, BanksOfOneTypeDoNotDisturbAnother) {
  const AcceleratorConfig config = small_machine({"glb.allocation=bank"});
  const traces::Trace trace = test::sample("tiny_residual.npz");
  const Plan plan = make_plan(trace, config);
  BufferPorts ports{config};
  for (std::size_t s = 0; s < plan.stages.size(); ++s) {
    for (const ArrayJob& job : plan.stages[s].jobs) {
      ports.place(plan, s, job);
      // A small tile lies in one bank: a line a clock, whatever the other banks do.
      EXPECT_EQ(ports.clocks_for({.psum = 150}), 150U);
      EXPECT_EQ(ports.clocks_for({.ifmap = 100, .psum = 150}), 150U);
    }
  }
}

TEST(BufferPorts, ABufferOfBrokenLinesIsRefused) {
  EXPECT_THROW(static_cast<void>(small_machine({"glb.bytes_at_16_bit=65537"})), InputError);
}

}  // namespace
}  // namespace turnpike::accelerator
