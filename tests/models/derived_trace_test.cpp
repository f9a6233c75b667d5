#include "models/derived_trace.hpp"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/network_file.hpp"
#include "models/quantize.hpp"
#include "models/zoo.hpp"
#include "sim/base/error.hpp"
#include "tests/models/replay.hpp"
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

/// One layer and a classifier; and a layer that reads the states of another.
std::vector<Network> recurrent_networks() {
  std::vector<Network> networks;
  networks.push_back(read_network(TURNPIKE_SOURCE_DIR "/configs/networks/lstm_example.yaml"));
  networks.push_back(
      parse_network("schema: turnpike-network/1\nlayers:\n"
                    "  - {name: first, op: lstm, input: 12, hidden: 10, steps: 6}\n"
                    "  - {name: second, op: gru, hidden: 8, steps: 6}\n"
                    "  - {name: words, op: fc, filters: 5, relu: false}\n",
                    "stack"));
  return networks;
}

TEST(DerivedTrace, ARecurrentTraceWithoutItsHighwayHasTheGridsOfTheNetworkWithout) {
  for (const Network& network : recurrent_networks()) {
    SCOPED_TRACE(network.name());
    const Trace plain = quantized(network, 3, false);
    const Trace off = with_highway_as(quantized(network, 3, true), {.enabled = false});
    EXPECT_NO_THROW(traces::validate_trace(off, {"off"}));
    ASSERT_EQ(off.layers.size(), plain.layers.size());
    for (const LayerEntry& layer : off.layers) {
      if (!layer.recurrent) {
        continue;
      }
      EXPECT_FALSE(layer.recurrent->highway);
      using Declaration = traces::TensorDeclaration;
      for (const std::string& tensor : {layer.output, layer.recurrent->gates, layer.inputs[1]}) {
        EXPECT_EQ(static_cast<const Declaration&>(off.tensor(tensor)),
                  static_cast<const Declaration&>(plain.tensor(tensor)))
            << tensor;
      }
      if (!layer.recurrent->cell.empty()) {
        // Fitted to what the cells hold beside a highway, not in float: near, not equal.
        const auto &cell = off.tensor(layer.recurrent->cell),
                   &own = plain.tensor(layer.recurrent->cell);
        EXPECT_EQ(cell.bits, own.bits);
        EXPECT_EQ(cell.zero_point, own.zero_point);
        EXPECT_NEAR(cell.scale[0] / own.scale[0], 1.0, 0.5);
      }
    }
    const Replay replay = replay_layers(off);
    EXPECT_GT(replay.codes, 0);
    EXPECT_EQ(replay.differing_codes, 0) << replay.first_difference;
  }
}

TEST(DerivedTrace, ARecurrentTraceGetsTheFloatingHighwayOfItsNetwork) {
  for (const Network& network : recurrent_networks()) {
    SCOPED_TRACE(network.name());
    const Trace on = with_highway_as(quantized(network, 3, false), {.enabled = true, .bits = 32});
    const Trace wanted = quantized(network, 3, true, 32);
    EXPECT_NO_THROW(traces::validate_trace(on, {"on"}));
    for (const LayerEntry& layer : wanted.layers) {
      if (layer.recurrent) {
        EXPECT_EQ(on.tensor(layer.output).data, wanted.tensor(layer.output).data);
        EXPECT_EQ(on.tensor(layer.inputs[1]).data, wanted.tensor(layer.inputs[1]).data);
      }
    }
    const Trace wide = with_highway_as(quantized(network, 3, false), {.enabled = true, .bits = 8});
    for (const LayerEntry& layer : wide.layers) {
      if (layer.recurrent) {
        EXPECT_TRUE(layer.recurrent->highway);
        EXPECT_EQ(wide.tensor(layer.output).bits, 8);
        EXPECT_TRUE(wide.tensor(layer.output).highway);
      }
      if (!layer.weights.empty()) {
        EXPECT_EQ(wide.tensor(layer.inputs[0]).bits, 3) << layer.name;  // still its codes
      }
    }
  }
}

TEST(DerivedTrace, IntegerRequantizationThatTheRewriteDoesNotTouchStays) {
  const Network network =
      read_network(TURNPIKE_SOURCE_DIR "/configs/networks/residual_example.yaml");
  const Trace plain = quantized(network, 2, false);
  // A multiplier of 1 on the codes of the last layer's input, which no skip reaches.
  traces::Program program = plain.program();
  LayerEntry copy;
  copy.name = "copy";
  copy.op = traces::Op::quantize;
  copy.inputs = {plain.layers[0].inputs[0]};
  copy.output = "copied";
  copy.requantize.emplace();
  copy.requantize->multiplier = {std::int64_t{1} << 30U};
  copy.requantize->shift = {1};
  traces::ProgramTensor copied = program.tensor(copy.inputs[0]);
  copied.name = copy.output;
  program.add_tensor(copied);
  program.layers.push_back(copy);
  traces::Activations values;
  for (const traces::TensorEntry& tensor : plain.tensors()) {
    values.put(tensor.name, tensor.data);
  }
  values.put("copied", plain.tensor(copy.inputs[0]).data);
  const Trace both{program, {}, std::move(values)};
  const Trace on = with_highway_as(both, {.enabled = true, .bits = 8});
  EXPECT_EQ(on.tensor("copied").data, both.tensor("copied").data);
  EXPECT_TRUE(on.layers.back().requantize.has_value());
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
  Trace fed = traces::read_trace(TURNPIKE_SOURCE_DIR "/traces/samples/tiny_lstm.npz");
  std::vector<int> codes = fed.tensor("h_prev.q").data.converted<int>();
  codes.back() ^= 1;  // not what the step before wrote
  fed.tensor("h_prev.q").data = Tensor{fed.tensor("h_prev.q").data.shape(), codes};
  EXPECT_THAT(refusal(fed, {.enabled = false}),
              HasSubstr("layer 'lstm0' reads the state 'h_prev.q', which is not its output of the "
                        "step before"));
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
