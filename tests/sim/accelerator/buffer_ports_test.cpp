#include "sim/accelerator/buffer_ports.hpp"

#include <gtest/gtest.h>

#include "sim/base/error.hpp"
#include "sim/base/random.hpp"
#include "tests/sim/accelerator/sample_trace.hpp"
#include "tests/sim/accelerator/small_machine.hpp"

namespace turnpike::accelerator {
namespace {

using test::small_machine;

TEST(BufferPorts, LinesGoRoundAllBanks) {
  const config::AcceleratorConfig config = small_machine();  // 8 banks
  const BufferPorts ports{config};
  EXPECT_EQ(ports.clocks_for({.ifmap = 8}), 1U);
  EXPECT_EQ(ports.clocks_for({.ifmap = 80, .psum = 80, .maps = 80}), 30U);
  EXPECT_EQ(ports.clocks_for({}), 0U);
}

TEST(BufferPorts, NobodyDelaysTheArray) {
  const config::AcceleratorConfig config = small_machine();
  BufferPorts ports{config};
  ports.begins(PortUser::post, 0, {.maps = 800}, 100);
  ports.begins(PortUser::fetch_fill, 0, {.ifmap = 800}, 0);
  ports.begins(PortUser::array, 50, {.psum = 800}, 100);
  EXPECT_EQ(ports.needs(PortUser::array, 150), 0U);
  EXPECT_EQ(ports.needs(PortUser::post, 150), 50U) << "what it had moved when the array came";
}

TEST(BufferPorts, ThePostProcessingUnitGetsWhatTheArrayLeaves) {
  const config::AcceleratorConfig config = small_machine();  // 8 lines a clock
  BufferPorts ports{config};
  ports.begins(PortUser::array, 0, {.psum = 600}, 100);  // leaves 25 clocks of every bank
  ports.begins(PortUser::post, 0, {.maps = 280}, 35);
  EXPECT_EQ(ports.needs(PortUser::post, 100), 10U);
  EXPECT_EQ(ports.needs(PortUser::post, 110), 0U) << "the array is idle";
}

TEST(BufferPorts, ThePostProcessingUnitIsNotAheadOfItsValues) {
  const config::AcceleratorConfig config = small_machine();
  BufferPorts ports{config};
  ports.begins(PortUser::post, 0, {.maps = 400}, 100);  // half the clocks of every bank
  ports.begins(PortUser::fetch_fill, 0, {.ifmap = 400}, 0);
  EXPECT_EQ(ports.needs(PortUser::fetch_fill, 50), 25U);
  EXPECT_EQ(ports.needs(PortUser::fetch_fill, 100), 0U);
  EXPECT_EQ(ports.needs(PortUser::post, 100), 0U);
}

TEST(BufferPorts, TwoFillsDoNotGetTheSameClocks) {
  const config::AcceleratorConfig config = small_machine();
  BufferPorts ports{config};
  ports.begins(PortUser::fetch_fill, 0, {.ifmap = 80}, 0);
  ports.begins(PortUser::skip_fill, 0, {.ifmap = 80}, 0);
  EXPECT_EQ(ports.needs(PortUser::skip_fill, 10), 0U);
  EXPECT_EQ(ports.needs(PortUser::fetch_fill, 10), 10U);
  EXPECT_EQ(ports.needs(PortUser::fetch_fill, 20), 0U);
}

TEST(BufferPorts, NeedsIsNeverMoreThanItTakes) {
  const config::AcceleratorConfig config = small_machine({"glb.banks=1"});
  Random random{11};
  const auto below = [&random](std::uint64_t n) { return random.next() % n; };
  for (int i = 0; i < 200; ++i) {
    BufferPorts asked_once{config};
    BufferPorts asked_each_clock{config};
    const std::uint64_t pass = 1 + below(60);
    const BufferLines array{.psum = below(pass + 1)};
    const BufferLines fill{.ifmap = 1 + below(40)};
    for (BufferPorts* ports : {&asked_once, &asked_each_clock}) {
      ports->begins(PortUser::array, 0, array, pass);
      ports->begins(PortUser::fetch_fill, 0, fill, 0);
    }
    std::uint64_t clock = 0;
    while (asked_each_clock.needs(PortUser::fetch_fill, clock) > 0) {
      ++clock;
    }
    std::uint64_t woken = 0;
    while (const std::uint64_t more = asked_once.needs(PortUser::fetch_fill, woken)) {
      woken += more;
    }
    EXPECT_EQ(woken, clock) << "case " << i;
  }
}

TEST(BufferPorts, AUserDoesOneThingAfterTheOther) {
  const config::AcceleratorConfig config = small_machine();
  BufferPorts ports{config};
  ports.begins(PortUser::skip_fill, 0, {.ifmap = 80}, 0);
  EXPECT_THROW(ports.begins(PortUser::skip_fill, 5, {.ifmap = 8}, 0), InternalError);
  EXPECT_THROW(ports.begins(PortUser::array, 5, {.psum = 80}, 9), InternalError)
      << "a pass that its banks cannot answer";
}

TEST(BufferPorts, BanksOfOneTypeDoNotDisturbAnother) {
  const config::AcceleratorConfig config = small_machine({"glb.allocation=bank"});
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
