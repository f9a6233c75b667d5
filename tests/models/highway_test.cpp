#include "models/highway.hpp"

#include <algorithm>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/highway_edges.hpp"
#include "models/metrics.hpp"
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

/// Fig. 1c of the paper: the sum goes on wide, and the batch norm reads it before anything is
/// quantized.
TEST(Highway, ANormThatStandsAloneReadsTheHighway) {
  const Network network =
      read_network(TURNPIKE_SOURCE_DIR "/configs/networks/preact_resnet18.yaml");
  QuantizedGraph graph = lower(network, bits(2));
  EXPECT_THAT(layer(graph.program, "layer1.1.bn1").inputs, ElementsAre("layer1.0.add.q"));
  EXPECT_THAT(layer(graph.program, "layer1.1.add").inputs,
              ElementsAre("layer1.1.conv2.y", "layer1.0.add.q"));
  apply_highway(graph, 8);
  const Program& program = graph.program;
  EXPECT_THAT(layer(program, "layer1.1.bn1").inputs, ElementsAre("layer1.0.add.out"));
  EXPECT_THAT(layer(program, "layer1.1.add").inputs,
              ElementsAre("layer1.1.conv2.y", "layer1.0.add.out"));
  EXPECT_TRUE(program.tensor("layer1.0.add.out").highway);
  EXPECT_EQ(program.tensor(layer(program, "layer1.1.conv1").inputs[0]).bits, 2);
  EXPECT_FALSE(program.has_tensor("layer1.0.add.q")) << "nobody reads it";
  EXPECT_FALSE(graph.plans.contains("layer1.0.add.q"));
  // The first block's comes from a pool, which writes wide codes, too.
  EXPECT_THAT(layer(program, "layer1.0.bn1").inputs, ElementsAre("maxpool.h"));
  // A block with a projection: nothing wide passes by its norm, which is fused with the sum.
  EXPECT_TRUE(program.tensor(layer(program, "layer2.0.bn1").inputs[0]).is_float());
  for (const traces::ProgramTensor& tensor : program.tensors()) {
    EXPECT_EQ(program.tensor(tensor.name).name, tensor.name) << "tensors are found by their name";
  }
}

/// A dense block: what a norm reads is joined wide, and only the norms' outputs are narrow.
TEST(Highway, JoinsThatNormsReadAreWide) {
  const Network network = read_network(TURNPIKE_SOURCE_DIR "/configs/networks/densenet40.yaml");
  const Program plain = lower(network, bits(2)).program;
  for (const LayerEntry& each : plain.layers) {
    for (const std::string& part :
         each.op == Op::concat ? each.inputs : std::vector<std::string>{}) {
      EXPECT_EQ(plain.tensor(part).bits, 2) << part << ": maps that are joined are stored";
    }
  }
  QuantizedGraph graph = lower(network, bits(2));
  apply_highway(graph, 8);
  const Program& program = graph.program;
  int joins = 0;
  for (const LayerEntry& each : program.layers) {
    if (each.op == Op::concat) {
      ++joins;
      EXPECT_EQ(each.inputs.size(), 2U);
      for (const std::string& part : each.inputs) {
        EXPECT_TRUE(program.tensor(part).highway) << part;
        EXPECT_EQ(program.tensor(part).bits, 8) << part;
      }
      // The last one is read by a single norm: it stays in the post-processing unit.
      const bool last = each.name.ends_with(".11.cat");
      EXPECT_EQ(program.tensor(each.output).highway, !last) << each.name;
      EXPECT_EQ(quantizes(each), !last) << "joined maps have one grid";
    } else if (each.op == Op::conv && each.name != "conv0") {
      EXPECT_EQ(program.tensor(each.inputs[0]).bits, 2) << each.name;
    }
  }
  EXPECT_EQ(joins, 36);
  const auto edges = highway_edges(network, bits(2));
  EXPECT_EQ(std::count_if(edges.begin(), edges.end(), [](const auto& e) { return e.carried; }), 36);
  // One that an array layer reads, too, hands codes on.
  const Network mixed = parse_network(R"(schema: turnpike-network/1
layers:
  - {name: a, op: conv, input: [3, 8, 8], filters: 4, kernel: 3, pad: 1}
  - {name: b, op: conv, filters: 4, kernel: 3, pad: 1}
  - {name: cat, op: concat, from: [a, b]}
  - {name: norm, op: affine}
  - {name: c, op: conv, filters: 4, kernel: 3, pad: 1}
  - {name: d, op: conv, from: cat, filters: 4, kernel: 3, pad: 1}
)",
                                      "mixed.yaml");
  const auto none = highway_edges(mixed, bits(2));
  ASSERT_EQ(none.size(), 1U);
  EXPECT_FALSE(none[0].carried);
  EXPECT_THAT(none[0].why_not, testing::HasSubstr("not all that read it are norms"));
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

TEST(Highway, ItCarriesTheChosenSkipsOnly) {
  QuantizedGraph graph = lower(zoo_shapes("resnet18"), bits(2));
  apply_highway(graph, 8, "layer1.1.add layer3.*");
  for (const LayerEntry& each : graph.program.layers) {
    if (each.skip) {
      EXPECT_EQ(each.skip->highway, each.name == "layer1.1.add" || each.name.starts_with("layer3."))
          << each.name;
      EXPECT_EQ(graph.program.tensor(each.inputs.at(1)).highway, each.skip->highway) << each.name;
    }
  }
  // Another skip still reads the narrow codes of the same sum.
  EXPECT_THAT(layer(graph.program, "layer1.0.add").inputs,
              ElementsAre("layer1.0.conv2.y", "maxpool.q"));
}

TEST(Highway, PatternsThatMatchNothingAreRefused) {
  const Network network = zoo_shapes("resnet18");
  EXPECT_NO_THROW(check_edges(network, "all"));
  EXPECT_NO_THROW(check_edges(network, "layer1.*  layer4.1.add"));
  EXPECT_THROW(check_edges(network, "layer1.0.conv1"), InputError);
  EXPECT_THROW(check_edges(network, "layer1.* layer9.*"), InputError);
  EXPECT_NO_THROW(check_edges(network, "*.0.add"));
  EXPECT_THROW(check_edges(network, ""), InputError);
  EXPECT_NO_THROW(check_edges(zoo_shapes("alexnet"), "all"));
}

TEST(HighwayEdges, AreListedWithWhatTheyBypassAndWhereTheyBegin) {
  const std::vector<HighwayEdge> edges =
      highway_edges(zoo_shapes("resnet18"), {.weight_bits = 2, .activation_bits = 2});
  ASSERT_EQ(edges.size(), 8U);
  const HighwayEdge& first = edges[0];
  EXPECT_EQ(first.reader, "layer1.0.add");
  EXPECT_EQ(first.value, "maxpool");
  EXPECT_EQ(first.bypassed, 2);
  EXPECT_EQ(first.values, 64 * 56 * 56);
  EXPECT_EQ(first.low_bits, 2);
  EXPECT_TRUE(first.carried);
  EXPECT_EQ(first.origin, "begins at conv1");
  EXPECT_EQ(edges[1].origin, "goes on from layer1.0.add");
  EXPECT_FALSE(edges[1].interrupted);
  EXPECT_TRUE(edges[2].interrupted);  // layer2.0: a projection
  EXPECT_EQ(edges[2].bypassed, 2);    // the way around begins where the projection's does
  EXPECT_THAT(edges[2].origin, testing::HasSubstr("from codes of 2 bits"));
  std::int64_t values = 0;
  for (const HighwayEdge& edge : edges) {
    values += edge.values;
  }
  EXPECT_EQ(values, 752640);  // the skips of ResNet-18
}

TEST(HighwayEdges, SayWhyOneIsNotCarried) {
  QuantizeOptions options = bits(8);
  for (const HighwayEdge& edge : highway_edges(residual(), options)) {
    EXPECT_FALSE(edge.carried);
    EXPECT_THAT(edge.why_not, testing::HasSubstr("no fewer than the highway"));
  }
  options = bits(2);
  options.highway_edges = "block2.add";
  const auto edges = highway_edges(residual(), options);
  EXPECT_EQ(edges.at(0).why_not, "highway.edges leaves it out");
  EXPECT_TRUE(edges.at(1).carried);
  const auto states = highway_edges(zoo_shapes("lstm300"), bits(2));
  ASSERT_EQ(states.size(), 1U);
  EXPECT_EQ(states[0].kind, HighwayEdge::Kind::state);
  EXPECT_EQ(states[0].values, 2 * 300);
  EXPECT_TRUE(states[0].carried);
}

TEST(HighwayEdges, TheSearchIsGreedyAndEndsWithAll) {
  const Network network = make_zoo("resnet20");
  const Calibration calibration = calibrate(network);
  QuantizeOptions options = bits(2);
  const std::vector<HighwayStep> steps =
      search_highway(network, calibration, options, {.inputs = network.input(), .threads = 2});
  ASSERT_EQ(steps.size(), 10U);
  EXPECT_EQ(steps[0].edge, "");
  std::set<std::string> joined;
  for (std::size_t i = 1; i < steps.size(); ++i) {
    EXPECT_TRUE(joined.insert(steps[i].edge).second);
    EXPECT_GT(steps[i].bits, steps[i - 1].bits);
  }
  // The first is the best of all alone, tried one by one; the last is the whole highway.
  const auto error_of = [&](const std::string& edges, bool highway) {
    QuantizeOptions with = options;
    with.highway = highway;
    with.highway_edges = edges;
    const auto metrics = compare_with_float(network, quantize(network, calibration, with));
    return metrics.back().cosine_error;
  };
  EXPECT_NEAR(steps[0].error, error_of("all", false), 1e-9);
  EXPECT_NEAR(steps.back().error, error_of("all", true), 1e-9);
  double best = 0.0;
  for (const HighwayEdge& edge : highway_edges(network, options)) {
    const double worth = (steps[0].error - error_of(edge.reader, true)) /
                         static_cast<double>(edge.values * options.highway_bits);
    best = edge.reader == steps[1].edge ? best : std::max(best, worth);
  }
  EXPECT_GE((steps[0].error - steps[1].error) / static_cast<double>(steps[1].bits), best);
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
