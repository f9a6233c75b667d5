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

TEST(BufferPorts, APassIsLongerByWhatItsBusiestBankCannotDo) {
  const AcceleratorConfig config = small_machine();
  BufferPorts ports{config};
  EXPECT_EQ(ports.conflicts({.ifmap = 400, .psum = 400}, 0, 100), 0U);  // 8 lines a clock
  EXPECT_EQ(ports.conflicts({.ifmap = 400, .psum = 480}, 0, 100), 10U);
}

TEST(BufferPorts, WhatOthersMoveMeanwhileCountsByItsShare) {
  const AcceleratorConfig config = small_machine();
  BufferPorts ports{config};
  ports.use({.maps = 1600}, 50, 250);  // 8 lines a clock
  EXPECT_EQ(ports.conflicts({.psum = 800}, 0, 100), 50U);
  EXPECT_EQ(ports.conflicts({.psum = 800}, 300, 400), 0U) << "it has ended";
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
      const std::uint64_t alone = ports.conflicts({.psum = 150}, 0, 100);
      EXPECT_EQ(ports.conflicts({.ifmap = 100, .psum = 150}, 0, 100), alone);
      EXPECT_EQ(alone, 50U);
    }
  }
}

TEST(BufferPorts, ABufferOfBrokenLinesIsRefused) {
  EXPECT_THROW(static_cast<void>(small_machine({"glb.bytes_at_16_bit=65537"})), InputError);
}

}  // namespace
}  // namespace turnpike::accelerator
