#include "sim/accelerator/stage.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/accelerator/post/post_work.hpp"
#include "sim/base/error.hpp"
#include "tests/sim/accelerator/sample_trace.hpp"
#include "tests/sim/accelerator/small_machine.hpp"

namespace turnpike::accelerator {
namespace {

using test::small_machine;

traces::TensorEntry tensor(const std::string& name, TensorShape shape, int bits,
                           bool highway = false) {
  traces::TensorEntry entry;
  entry.name = name;
  entry.bits = bits;
  entry.highway = highway;
  const auto size = static_cast<std::size_t>(element_count(shape));
  entry.data = Tensor{std::move(shape), std::vector<std::int32_t>(size, 1)};
  return entry;
}

traces::LayerEntry layer(const std::string& name, traces::Op op, std::vector<std::string> inputs,
                         const std::string& output) {
  traces::LayerEntry entry;
  entry.name = name;
  entry.op = op;
  entry.inputs = std::move(inputs);
  entry.output = output;
  return entry;
}

/// conv -> add (with the conv's input as skip) -> quantize -> conv; the sum is `out`.
traces::Trace residual(int highway_bits) {
  traces::Trace trace;
  trace.highway = {highway_bits > 0, highway_bits};
  trace.add_tensor(tensor("x", {1, 4, 8, 8}, 2));
  trace.add_tensor(tensor("w1", {4, 4, 3, 3}, 2));
  trace.add_tensor(tensor("w2", {4, 4, 3, 3}, 2));
  traces::TensorEntry sum = tensor("y", {1, 4, 8, 8}, 32);
  sum.kind = traces::TensorKind::floating;
  trace.add_tensor(sum);
  trace.add_tensor(tensor("out", {1, 4, 8, 8}, highway_bits > 0 ? highway_bits : 2, true));
  trace.add_tensor(tensor("q", {1, 4, 8, 8}, 2));
  trace.add_tensor(tensor("z", {1, 4, 8, 8}, 2));
  trace.layers.push_back(layer("conv1", traces::Op::conv, {"x"}, "y"));
  trace.layers.back().weights = {"w1"};
  trace.layers.back().pad = {1, 1, 1, 1};
  trace.layers.push_back(layer("add", traces::Op::add, {"y", "x"}, "out"));
  trace.layers.push_back(layer("quant", traces::Op::quantize, {"out"}, "q"));
  trace.layers.push_back(layer("conv2", traces::Op::conv, {"q"}, "z"));
  trace.layers.back().weights = {"w2"};
  trace.layers.back().pad = {1, 1, 1, 1};
  return trace;
}

TEST(GroupLayers, ElementwiseLayersJoinTheArrayLayerTheyReadFrom) {
  const auto stages = group_layers(residual(8));
  ASSERT_EQ(stages.size(), 2U);
  EXPECT_EQ(stages[0].layers, (std::vector<std::size_t>{0, 1, 2}));
  EXPECT_EQ(stages[1].layers, (std::vector<std::size_t>{3}));
}

TEST(MakePlan, WhatIsReadOnlyInItsStageIsNeverStored) {
  const Plan plan = make_plan(residual(8), small_machine({"precision=2"}));
  EXPECT_EQ(plan.stored("y"), nullptr);
  EXPECT_EQ(plan.stored("out"), nullptr) << "read by the quantize of its own stage only";
  ASSERT_NE(plan.stored("q"), nullptr);
  EXPECT_TRUE(plan.stored("q")->in_glb);
  EXPECT_FALSE(plan.stored("x")->in_glb) << "inputs of the network come from DRAM";
}

TEST(MakePlan, SpillSendsEveryFeatureMapToDram) {
  const Plan plan = make_plan(residual(8), small_machine({"precision=2", "feature_maps=spill"}));
  EXPECT_FALSE(plan.stored("q")->in_glb);
}

TEST(MakePlan, ATensorThatDoesNotFitGoesToDramAndSaysWhy) {
  // q takes 256 x 2 bits; the psums of a tile take the rest of the smaller buffer.
  const Plan plan =
      make_plan(residual(8), small_machine({"precision=2", "glb.bytes_at_16_bit=8192"}));
  EXPECT_TRUE(plan.stored("q")->in_glb);
  const Plan tiny =
      make_plan(residual(8), small_machine({"precision=2", "glb.bytes_at_16_bit=1280"}));
  EXPECT_FALSE(tiny.stored("q")->in_glb);
  EXPECT_THAT(tiny.stored("q")->reason, testing::HasSubstr("512 bits"));
}

/// Two blocks in a row: `out` is the skip operand of a later add, so it is stored.
traces::Trace two_blocks(int highway_bits) {
  traces::Trace trace = residual(highway_bits);
  traces::TensorEntry sum = tensor("y2", {1, 4, 8, 8}, 32);
  sum.kind = traces::TensorKind::floating;
  trace.add_tensor(sum);
  trace.add_tensor(tensor("out2", {1, 4, 8, 8}, highway_bits, true));
  trace.layers.back().output = "y2";
  trace.layers.push_back(layer("add2", traces::Op::add, {"y2", "out"}, "out2"));
  return trace;
}

TEST(MakePlan, DualStorageKeepsBothCopiesOfASkip) {
  const Plan plan = make_plan(two_blocks(8), small_machine({"precision=2"}));
  ASSERT_NE(plan.stored("out"), nullptr);
  ASSERT_NE(plan.stored("q"), nullptr);
  EXPECT_EQ(plan.source("q"), plan.stored("q"));
  EXPECT_TRUE(plan.stored("out")->second);
  EXPECT_EQ(plan.stages[1].jobs[0].stored_bits, 0);
}

TEST(MakePlan, WritesOfTheSecondCopyAreAllHighwayTraffic) {
  const auto highway_bits = [](const char* storage) {
    const traces::Trace trace = two_blocks(8);
    const config::AcceleratorConfig config = small_machine({"precision=2", storage});
    return post_work(trace, config, make_plan(trace, config), 0).buffer_bits.highway;
  };
  // The first stage writes 256 values of 8 bits for the skip: besides 2-bit ones, or in their
  // place.
  EXPECT_EQ(highway_bits("highway.storage=dual"), 256U * 8U);
  EXPECT_EQ(highway_bits("highway.storage=single"), 256U * 6U);
}

TEST(MakePlan, SingleStorageReadsTheLowCopyFromTheHighwayTensor) {
  const Plan plan =
      make_plan(two_blocks(8), small_machine({"precision=2", "highway.storage=single"}));
  EXPECT_EQ(plan.stored("q"), nullptr);
  ASSERT_NE(plan.stored("out"), nullptr);
  EXPECT_EQ(plan.source("q"), plan.stored("out"));
  EXPECT_TRUE(plan.stored("out")->single);
  EXPECT_EQ(plan.stages[1].jobs[0].stored_bits, 8);
}

TEST(MakePlan, SingleStorageChangesNothingWhereNoSkipIsStored) {
  const Plan plan =
      make_plan(residual(8), small_machine({"precision=2", "highway.storage=single"}));
  EXPECT_NE(plan.stored("q"), nullptr);
  EXPECT_TRUE(plan.quantized_on_read.empty());
}

TEST(MakePlan, AMachineNarrowerThanAnOperandIsAnError) {
  EXPECT_THAT([] { static_cast<void>(make_plan(residual(8), small_machine({"precision=1"}))); },
              testing::ThrowsMessage<InputError>(
                  testing::HasSubstr("layer 'conv1': its 2 x 2-bit operands")));
}

TEST(MakePlan, PsumWidthFollowsItsRule) {
  const auto bits = [](const char* rule) {
    return make_plan(residual(0), small_machine({"precision=2", rule})).stages[0].jobs[0].psum_bits;
  };
  EXPECT_EQ(bits("psum.cost_bits=20"), 20);
  EXPECT_EQ(bits("psum.cost_bits=scaled"), 2);
  EXPECT_EQ(bits("psum.cost_bits=overflow_free"), 2 + 2 + 6);  // 36 terms
}

}  // namespace
}  // namespace turnpike::accelerator
