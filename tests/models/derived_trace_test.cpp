#include "models/derived_trace.hpp"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/network_file.hpp"
#include "models/quantize.hpp"
#include "models/zoo.hpp"
#include "sim/base/error.hpp"
#include "traces/trace_file.hpp"
#include "traces/trace_validate.hpp"

namespace turnpike::models {
namespace {

using testing::HasSubstr;
using traces::LayerEntry;
using traces::Trace;

Trace quantized(const Network& network, int bits, bool highway, int highway_bits = 8) {
  return quantize(network, calibrate(network),
                  {.weight_bits = bits,
                   .activation_bits = bits,
                   .highway = highway,
                   .highway_bits = highway_bits});
}

/// What the array layers read and the last layer writes: the same codes and values.
void expect_same_codes(const Trace& a, const Trace& b) {
  for (const LayerEntry& layer : a.layers) {
    if (layer.weights.empty()) {
      continue;
    }
    const std::string& input = layer.inputs.at(0);
    ASSERT_TRUE(b.has_tensor(input)) << input;
    EXPECT_EQ(a.tensor(input).data, b.tensor(input).data) << input;
  }
  EXPECT_EQ(a.tensor(a.layers.back().output).data, b.tensor(b.layers.back().output).data);
}

TEST(DerivedTrace, WithoutItsHighwayATraceIsThatOfTheNetworkWithout) {
  const Network network = make_zoo("resnet20");  // no projections: every grid is in both traces
  const Trace plain = quantized(network, 2, false);
  for (const int bits : {6, 8, 32}) {
    const Trace off = with_highway_as(quantized(network, 2, true, bits), {.enabled = false});
    EXPECT_NO_THROW(traces::validate_trace(off, {"off"}));
    EXPECT_FALSE(off.highway.enabled);
    expect_same_codes(plain, off);
    for (const LayerEntry& layer : off.layers) {
      if (layer.skip) {
        EXPECT_FALSE(layer.skip->highway);
        EXPECT_EQ(off.tensor(layer.inputs.at(1)).bits, 2);
      }
    }
  }
}

TEST(DerivedTrace, WithAFloatingHighwayAPlainTraceIsThatOfTheNetworkWithOne) {
  const Network network = make_zoo("resnet20");
  const Trace on = with_highway_as(quantized(network, 3, false), {.enabled = true, .bits = 32});
  EXPECT_NO_THROW(traces::validate_trace(on, {"on"}));
  expect_same_codes(quantized(network, 3, true, 32), on);
}

TEST(DerivedTrace, TheWideGridIsFittedToWhatTheTensorsHold) {
  const Network network =
      read_network(TURNPIKE_SOURCE_DIR "/configs/networks/residual_example.yaml");
  const Trace on = with_highway_as(quantized(network, 2, false), {.enabled = true, .bits = 8});
  EXPECT_NO_THROW(traces::validate_trace(on, {"on"}));
  EXPECT_TRUE(on.highway.enabled);
  EXPECT_EQ(on.highway.bits, 8);
  int wide = 0;
  for (const LayerEntry& layer : on.layers) {
    if (!layer.skip) {
      continue;
    }
    const traces::TensorEntry& skip = on.tensor(layer.inputs.at(1));
    EXPECT_TRUE(layer.skip->highway);
    EXPECT_TRUE(skip.highway);
    EXPECT_EQ(skip.bits, 8);
    // The codes reach far, and none would if the scale were a plain guess of 1.
    const std::vector<int> codes = skip.data.converted<int>();
    EXPECT_GT(*std::max_element(codes.begin(), codes.end()), 60);
    ++wide;
  }
  EXPECT_EQ(wide, 2);
  const Trace chosen = with_highway_as(quantized(network, 2, false),
                                       {.enabled = true, .bits = 8, .edges = "block2.add"});
  for (const LayerEntry& layer : chosen.layers) {
    EXPECT_TRUE(!layer.skip || layer.skip->highway == (layer.name == "block2.add"));
  }
}

TEST(DerivedTrace, AProjectionGetsTheBitsOfTheCodesItReads) {
  const Network network =
      read_network(TURNPIKE_SOURCE_DIR "/configs/networks/residual_example.yaml");
  const Trace off = with_highway_as(quantized(network, 3, true), {.enabled = false});
  EXPECT_NO_THROW(traces::validate_trace(off, {"off"}));
  const traces::TensorEntry& projection = off.tensor("block2.projection.q");
  EXPECT_EQ(projection.bits, 3);
  EXPECT_FALSE(projection.highway);
  // Its scale is fitted to other values than the network's own calibration: near, not equal.
  const Trace plain = quantized(network, 3, false);
  EXPECT_NEAR(projection.scale[0] / plain.tensor("block2.projection.q").scale[0], 1.0, 0.25);
}

constexpr const char* kPreActivation = R"(schema: turnpike-network/1
name: preactivation
layers:
  - {name: stem, op: conv, input: [3, 12, 12], filters: 8, kernel: 3, pad: 1, relu: false}
  - {name: a.bn1, op: affine}
  - {name: a.conv1, op: conv, filters: 8, kernel: 3, pad: 1}
  - {name: a.conv2, op: conv, filters: 8, kernel: 3, pad: 1, relu: false}
  - {name: a.add, op: add, from: [a.conv2, stem], relu: false}
  - {name: b.bn1, op: affine}
  - {name: b.conv1, op: conv, filters: 8, kernel: 3, pad: 1}
  - {name: b.conv2, op: conv, filters: 8, kernel: 3, pad: 1, relu: false}
  - {name: b.add, op: add, from: [b.conv2, a.add], relu: false}
  - {name: pool, op: avgpool}
  - {name: fc, op: fc, filters: 5, relu: false}
)";

TEST(DerivedTrace, PreActivationBlocksGoBothWays) {
  const Network network = parse_network(kPreActivation, "preactivation.yaml");
  const Trace wide = quantized(network, 3, true, 32);
  ASSERT_TRUE(wide.tensor("a.add.out").highway);
  expect_same_codes(wide,
                    with_highway_as(quantized(network, 3, false), {.enabled = true, .bits = 32}));
  for (const int bits : {8, 32}) {
    const Trace off = with_highway_as(quantized(network, 3, true, bits), {.enabled = false});
    EXPECT_NO_THROW(traces::validate_trace(off, {"off"}));
    const Trace plain = quantized(network, 3, false);
    for (const LayerEntry& layer : off.layers) {
      if (!layer.skip) {
        continue;
      }
      const traces::TensorEntry& skip = off.tensor(layer.inputs.at(1));
      EXPECT_FALSE(layer.skip->highway || skip.highway);
      EXPECT_EQ(skip.bits, 3) << "as wide as the codes that the batch norm behind it writes";
      const std::string plain_skip = layer.name == "a.add" ? "stem.q" : "a.add.q";
      // Its range is found on other values than the network's own calibration.
      EXPECT_NEAR(skip.scale[0] / plain.tensor(plain_skip).scale[0], 1.0, 0.3);
    }
  }
}

TEST(DerivedTrace, CodesThatAPoolHandsOnGoWithIt) {
  // Its wide tensor is read by a pool that has no quantizer of its own.
  const Trace sample = traces::read_trace(TURNPIKE_SOURCE_DIR "/traces/samples/tiny_residual.npz");
  ASSERT_TRUE(sample.highway.enabled);
  const Trace off = with_highway_as(sample, {.enabled = false});
  for (const LayerEntry& layer : off.layers) {
    EXPECT_FALSE(layer.skip && layer.skip->highway) << layer.name;
  }
  for (const traces::TensorEntry& tensor : off.tensors()) {
    EXPECT_FALSE(tensor.highway) << tensor.name;
  }
  EXPECT_TRUE(with_highway_as(off, {.enabled = true, .bits = 8}).highway.enabled);
}

TEST(DerivedTrace, WhatATraceDoesNotSayIsRefused) {
  const auto refusal = [](const Trace& trace, const HighwayWanted& wanted) -> std::string {
    try {
      static_cast<void>(with_highway_as(trace, wanted));
    } catch (const InputError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_THAT(refusal(quantized(make_zoo("lstm300"), 2, true), {.enabled = false}),
              HasSubstr("'lstm' is recurrent"));
  const Network plain = parse_network(
      "schema: turnpike-network/1\nlayers:\n"
      "  - {name: a, op: conv, input: [2, 6, 6], filters: 4, kernel: 3}\n",
      "plain");
  EXPECT_THAT(refusal(quantized(plain, 2, false), {.enabled = true}), HasSubstr("no skip"));
  const Network residual =
      read_network(TURNPIKE_SOURCE_DIR "/configs/networks/residual_example.yaml");
  EXPECT_THAT(refusal(quantized(residual, 8, false), {.enabled = true, .bits = 8}),
              HasSubstr("no skip of codes narrower"));
  Trace integer = quantized(residual, 2, false);
  integer.layers[0].requantize.emplace();
  EXPECT_THAT(refusal(integer, {.enabled = true}), HasSubstr("requantizes in integers"));
}

}  // namespace
}  // namespace turnpike::models
