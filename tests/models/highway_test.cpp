#include "models/highway.hpp"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/network_file.hpp"
#include "models/zoo.hpp"

namespace turnpike::models {
namespace {

using testing::ElementsAre;
using traces::LayerEntry;
using traces::Op;
using traces::PostStep;
using traces::Program;

const LayerEntry& layer(const Program& program, const std::string& name) {
  const auto found = std::find_if(program.layers.begin(), program.layers.end(),
                                  [&](const LayerEntry& each) { return each.name == name; });
  EXPECT_NE(found, program.layers.end()) << name;
  return *found;
}

bool quantizes(const LayerEntry& entry) {
  return !entry.post.empty() && entry.post.back().kind == PostStep::Kind::quantize;
}

QuantizeOptions bits(int k) {
  QuantizeOptions options;
  options.weight_bits = k;
  options.activation_bits = k;
  return options;
}

/// stem -> two residual blocks, the second with a projection.
Network residual() {
  return read_network(TURNPIKE_SOURCE_DIR "/configs/networks/residual_example.yaml");
}

TEST(Lowering, WithoutHighwayEverySkipReadsTheLowPrecisionCopy) {
  const Program program = lower(residual(), bits(2)).program;
  const LayerEntry& stem = layer(program, "stem");
  EXPECT_EQ(stem.output, "stem.q");
  EXPECT_TRUE(quantizes(stem));
  EXPECT_THAT(layer(program, "block1.add").inputs, ElementsAre("block1.conv2.y", "stem.q"));
  EXPECT_TRUE(program.tensor("block1.conv2.y").is_float());
  EXPECT_FALSE(quantizes(layer(program, "block1.conv2")));
  EXPECT_EQ(layer(program, "block1.add").output, "block1.add.out");
  EXPECT_TRUE(program.tensor("block1.add.out").is_float());
  EXPECT_THAT(layer(program, "block1.add.quant").inputs, ElementsAre("block1.add.out"));
  EXPECT_THAT(layer(program, "block2.conv1").inputs, ElementsAre("block1.add.q"));
  EXPECT_THAT(layer(program, "block2.projection").inputs, ElementsAre("block1.add.q"));
  EXPECT_TRUE(program.tensor("block2.projection.q").is_signed);
  EXPECT_EQ(program.tensor("block2.projection.q").bits, 2);
  EXPECT_FALSE(program.tensor("block1.add.q").is_signed);
  EXPECT_THAT(layer(program, "fc").inputs, ElementsAre("pool.q"));
  EXPECT_TRUE(program.tensor("fc.y").is_float());
  for (const LayerEntry& each : program.layers) {
    EXPECT_FALSE(each.skip && each.skip->highway) << each.name;
  }
}

TEST(Highway, TheQuantizeNodeOfAStemMovesBehindTheSkip) {
  QuantizedGraph graph = lower(residual(), bits(2));
  apply_highway(graph, 8);
  const Program& program = graph.program;
  EXPECT_EQ(layer(program, "stem").output, "stem.h");
  EXPECT_TRUE(program.tensor("stem.h").highway);
  EXPECT_TRUE(program.tensor("stem.h").is_signed);
  EXPECT_EQ(program.tensor("stem.h").bits, 8);
  EXPECT_THAT(layer(program, "stem.quant").inputs, ElementsAre("stem.h"));
  EXPECT_EQ(layer(program, "stem.quant").output, "stem.q");
  EXPECT_THAT(layer(program, "block1.conv1").inputs, ElementsAre("stem.q"));
  EXPECT_THAT(layer(program, "block1.add").inputs, ElementsAre("block1.conv2.y", "stem.h"));
  EXPECT_TRUE(layer(program, "block1.add").skip->highway);
}

TEST(Highway, AProjectionIsWidenedInPlace) {
  QuantizedGraph graph = lower(residual(), bits(2));
  apply_highway(graph, 6);
  const Program& program = graph.program;
  EXPECT_THAT(layer(program, "block2.add").inputs,
              ElementsAre("block2.conv2.y", "block2.projection.q"));
  EXPECT_EQ(program.tensor("block2.projection.q").bits, 6);
  EXPECT_TRUE(program.tensor("block2.projection.q").highway);
  EXPECT_TRUE(quantizes(layer(program, "block2.projection")));
  // Its own input stays quantized: it is a convolution like any other.
  EXPECT_THAT(layer(program, "block2.projection").inputs, ElementsAre("block1.add.q"));
}

TEST(Highway, SumsThatASkipReadsBecomeHighwayTensors) {
  QuantizedGraph graph = lower(zoo_shapes("resnet18"), bits(2));
  const std::size_t layers = graph.program.layers.size();
  apply_highway(graph, 8);
  const Program& program = graph.program;
  EXPECT_EQ(program.layers.size(), layers + 1);  // the pool behind the stem is split
  EXPECT_TRUE(program.tensor("layer1.0.add.out").highway);
  EXPECT_TRUE(quantizes(layer(program, "layer1.0.add")));
  EXPECT_THAT(layer(program, "layer1.1.add").inputs,
              ElementsAre("layer1.1.conv2.y", "layer1.0.add.out"));
  EXPECT_THAT(layer(program, "layer1.1.conv1").inputs, ElementsAre("layer1.0.add.q"));
  // Read by a projection's quantize node and by the pool only: no copy is kept.
  EXPECT_FALSE(program.tensor("layer1.1.add.out").highway);
  EXPECT_FALSE(program.tensor("layer4.1.add.out").highway);
  const auto on_highway = std::count_if(program.tensors().begin(), program.tensors().end(),
                                        [](const auto& tensor) { return tensor.highway; });
  EXPECT_EQ(on_highway, 8);  // eight residual adds, eight skip tensors
}

TEST(Highway, AtThirtyTwoBitsTheHighwayIsFloating) {
  QuantizedGraph graph = lower(residual(), bits(2));
  apply_highway(graph, 32);
  EXPECT_TRUE(graph.program.tensor("stem.h").is_float());
  EXPECT_TRUE(graph.program.tensor("stem.h").highway);
  EXPECT_FALSE(quantizes(layer(graph.program, "stem")));
  EXPECT_FALSE(quantizes(layer(graph.program, "block2.projection")));
}

TEST(Highway, AHighwayNoWiderThanTheCodesChangesNothing) {
  for (const int k : {8, 12}) {
    QuantizedGraph graph = lower(residual(), bits(k));
    const Program before = graph.program;
    apply_highway(graph, 8);
    EXPECT_EQ(graph.program, before) << k;
  }
}

TEST(Highway, RecurrentStateIsWidenedAndGatesAreNotQuantized) {
  QuantizedGraph graph = lower(zoo_shapes("lstm300"), bits(2));
  EXPECT_EQ(graph.program.tensor("lstm.c").bits, 2);
  EXPECT_EQ(graph.program.tensor("lstm.h").bits, 2);
  EXPECT_FALSE(graph.program.tensor("lstm.gates").is_float());
  apply_highway(graph, 8);
  for (const char* name : {"lstm.c", "lstm.h"}) {
    EXPECT_TRUE(graph.program.tensor(name).highway) << name;
    EXPECT_TRUE(graph.program.tensor(name).is_signed) << name;
    EXPECT_EQ(graph.program.tensor(name).bits, 8) << name;
  }
  EXPECT_TRUE(graph.program.tensor("lstm.gates").is_float());
  EXPECT_TRUE(graph.program.layers[0].recurrent->highway);
  EXPECT_EQ(graph.program.tensor("lstm.h_prev.q").bits, 2);
}

TEST(Lowering, AnAddWrittenTheOtherWayRoundHasTheSameSkip) {
  const std::string text =
      "schema: turnpike-network/1\n"
      "layers:\n"
      "  - {name: a, op: conv, input: [4, 6, 6], filters: 4, kernel: 3, pad: 1}\n"
      "  - {name: b, op: conv, filters: 4, kernel: 3, pad: 1, relu: false}\n"
      "  - {name: s, op: add, from: [a, b]}\n";
  const Program program = lower(parse_network(text, "n.yaml"), bits(2)).program;
  EXPECT_THAT(layer(program, "s").inputs, ElementsAre("b.y", "a.q"));
}

TEST(Lowering, ReadersOfDifferentWidthsGetTheirOwnCodes) {
  QuantizeOptions options = bits(2);
  options.overrides = {{.pattern = "block2.projection", .weight_bits = 4, .activation_bits = 4}};
  QuantizedGraph graph = lower(residual(), options);
  const Program& program = graph.program;
  EXPECT_THAT(layer(program, "block2.projection").inputs, ElementsAre("block1.add.q"));
  EXPECT_THAT(layer(program, "block2.conv1").inputs, ElementsAre("block1.add.q2"));
  EXPECT_EQ(program.tensor("block1.add.q").bits, 4);
  EXPECT_EQ(program.tensor("block1.add.q2").bits, 2);
  EXPECT_EQ(program.tensor("block2.projection.w").bits, 4);
}

}  // namespace
}  // namespace turnpike::models
