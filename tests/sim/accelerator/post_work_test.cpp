// What post-processing does is said once, and schedule, machine and counts agree on it.

#include "sim/accelerator/post/post_work.hpp"

#include <gtest/gtest.h>

#include "sim/accelerator/post/post_op.hpp"
#include "sim/accelerator/schedule.hpp"
#include "tests/sim/accelerator/observed_run.hpp"

namespace turnpike::accelerator {
namespace {

std::uint64_t buffer_lines(const ActionCounts& counts, bool psums) {
  std::uint64_t lines = 0;
  for (const auto& [key, count] : counts) {
    lines += key.component == Component::glb && (key.item == "psum") == psums ? count : 0;
  }
  return lines;
}

class PostWorkOf : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Samples, PostWorkOf,
                         testing::Values("tiny_residual.npz", "tiny_lstm.npz", "tiny_gru"));

TEST_P(PostWorkOf, AStageIsWhatItsTilesShareAndItsLayerCounts) {
  const traces::Trace trace = test::sample(GetParam());
  const config::AcceleratorConfig config = test::small_machine();
  const Plan plan = make_plan(trace, config);
  const Schedule schedule = make_schedule(trace, config, plan);
  const RunResult result = test::observed_run(trace, config, {});
  for (std::size_t s = 0; s < plan.stages.size(); ++s) {
    const PostWork work = post_work(trace, config, plan, s);
    const TileTask& whole = schedule.stages[s].whole;
    EXPECT_EQ(whole.values, work.values);
    EXPECT_EQ(whole.lines.psum, work.lines.psum);
    EXPECT_EQ(whole.lines.maps, work.lines.maps);
    EXPECT_EQ(buffer_lines(work.counts, true), work.lines.psum);
    EXPECT_EQ(buffer_lines(work.counts, false), work.lines.maps);
    for (const auto& [key, count] : work.counts) {
      EXPECT_EQ(refusal(key), "");
      EXPECT_GE(result.layers[s].counts.at(key), count) << key.item.text();
      if (key.component == Component::post && key.item != "quantize") {
        EXPECT_EQ(result.layers[s].counts.at(key), count) << key.item.text();
      }
    }
  }
}

TEST(PostWork, LanesTakeWholeClocks) {
  const config::AcceleratorConfig config = test::small_machine({"post.values_per_clock=4"});
  EXPECT_EQ(post_clocks(config, 0), Cycles{0});
  EXPECT_EQ(post_clocks(config, 8), Cycles{2});
  EXPECT_EQ(post_clocks(config, 9), Cycles{3});
}

TEST(PostOps, StandInTheListOnceAndAreWhatDoesNotRunOnTheArray) {
  for (const traces::Op op : {traces::Op::add, traces::Op::mul, traces::Op::maxpool,
                              traces::Op::avgpool, traces::Op::concat, traces::Op::quantize}) {
    const post::PostOp* found = post::post_op(op);
    ASSERT_NE(found, nullptr) << to_string(op);
    EXPECT_EQ(found->op, op);
    EXPECT_FALSE(runs_on_array(op));
  }
  for (const traces::Op op :
       {traces::Op::conv, traces::Op::fc, traces::Op::lstm, traces::Op::gru}) {
    EXPECT_EQ(post::post_op(op), nullptr) << to_string(op);
    EXPECT_TRUE(runs_on_array(op));
  }
}

}  // namespace
}  // namespace turnpike::accelerator
