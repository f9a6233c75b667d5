// The checks on streams and on lines of the buffer see what breaks them.

#include <gtest/gtest.h>

#include "sim/accelerator/conservation.hpp"
#include "sim/accelerator/simulation.hpp"
#include "tests/sim/accelerator/sample_trace.hpp"
#include "tests/sim/accelerator/small_machine.hpp"

namespace turnpike::accelerator {
namespace {

constexpr const char* kStreams = "no_highway_stream_without_highway";
constexpr const char* kLines = "glb_lines_hold_what_moves";

/// A run of tiny_residual whose parts may be changed before the checks are made again.
struct Checked {
  explicit Checked(bool highway = true) {
    trace.highway.enabled = highway;
    const memory::DramDevice device = memory::find_dram_device(
        config.dram.device, std::string{TURNPIKE_SOURCE_DIR} + "/configs/technology/dram", {});
    plan = make_plan(trace, config);
    result = simulate(trace, config, plan, device, {});
  }
  [[nodiscard]] bool holds(const char* check) {
    check_conservation(trace, config, plan, result);
    return result.checks.conservation.at(check);
  }
  LayerResult& layer_with(Component component, Action action, Item item) {
    for (LayerResult& layer : result.layers) {
      for (const auto& [key, count] : layer.counts) {
        if (key.component == component && key.action == action && key.item == item) {
          return layer;
        }
      }
    }
    ADD_FAILURE() << "no layer counts " << item.text();
    return result.layers.front();
  }
  static std::uint64_t& count_of(LayerResult& layer, Component component, Action action,
                                 Item item) {
    for (auto& [key, count] : layer.counts) {
      if (key.component == component && key.action == action && key.item == item) {
        return count;
      }
    }
    throw InternalError{"no such count"};
  }

  traces::Trace trace = test::sample("tiny_residual.npz");
  config::AcceleratorConfig config = test::small_machine();
  Plan plan;
  RunResult result;
};

TEST(ConservationOfStreams, SeesACountABufferBitAndADramBitOnAHighwayThatIsOff) {
  Checked run{false};
  ASSERT_TRUE(run.holds(kStreams));
  LayerResult& layer = run.result.layers.front();
  layer.dram_bits.highway = 64;
  EXPECT_FALSE(run.holds(kStreams));
  layer.dram_bits.highway = 0;
  layer.glb_bits.highway = 64;
  EXPECT_FALSE(run.holds(kStreams));
  layer.glb_bits.highway = 0;
  ASSERT_TRUE(run.holds(kStreams));
  ActionKey key{Component::glb, Action::read, Stream::highway, "ifmap", 16, 0, 0, false};
  layer.counts[key] = 1;
  EXPECT_FALSE(run.holds(kStreams));
}

TEST(ConservationOfStreams, SaysNothingOfAHighwayThatIsOn) {
  Checked run;
  run.result.layers.front().dram_bits.highway = 64;
  EXPECT_TRUE(run.holds(kStreams));
}

TEST(ConservationOfLines, SeesMoreLinesReadOrWrittenThanTheTensorsHold) {
  for (const auto& [action, item] :
       {std::pair{Action::read, Item{"skip"}}, {Action::write, Item{"ofmap"}}}) {
    Checked run;
    ASSERT_TRUE(run.holds(kLines));
    ++Checked::count_of(run.layer_with(Component::glb, action, item), Component::glb, action, item);
    EXPECT_FALSE(run.holds(kLines)) << item.text();
  }
}

TEST(ConservationOfLines, SeesATensorThatHoldsTooFew) {
  Checked run;
  for (auto& [name, tensor] : run.plan.tensors) {
    --tensor.lines;
  }
  EXPECT_FALSE(run.holds(kLines));
}

}  // namespace
}  // namespace turnpike::accelerator
