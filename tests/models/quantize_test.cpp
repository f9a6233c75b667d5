#include "models/quantize.hpp"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/laplace_quantizer.hpp"
#include "models/metrics.hpp"
#include "models/network_file.hpp"
#include "models/zoo.hpp"
#include "tests/models/replay.hpp"
#include "traces/trace_validate.hpp"

namespace turnpike::models {
namespace {

QuantizeOptions bits(int k, bool highway = false) {
  QuantizeOptions options;
  options.weight_bits = k;
  options.activation_bits = k;
  options.highway = highway;
  return options;
}

Network example(const char* name) {
  return read_network(std::string{TURNPIKE_SOURCE_DIR "/configs/networks/"} + name);
}

class QuantizeEveryWay : public testing::TestWithParam<std::tuple<int, int>> {};

TEST_P(QuantizeEveryWay, TheTraceIsValidAndReplaysExactly) {
  const auto [k, highway_bits] = GetParam();
  QuantizeOptions options = bits(k, highway_bits != 0);
  options.highway_bits = highway_bits != 0 ? highway_bits : 8;
  for (const char* name : {"residual_example.yaml", "lstm_example.yaml"}) {
    SCOPED_TRACE(testing::Message() << name << " bits " << k << " highway " << highway_bits);
    const Network net = example(name);
    const traces::Trace trace = quantize(net, calibrate(net), options);
    EXPECT_NO_THROW(traces::validate_trace(trace, {.file = name}));
    const Replay replay = replay_layers(trace);
    EXPECT_EQ(replay.differing_codes, 0) << replay.first_difference;
    EXPECT_EQ(replay.float_error, 0.0) << replay.worst_float;
  }
}
INSTANTIATE_TEST_SUITE_P(BitsAndHighway, QuantizeEveryWay,
                         testing::Combine(testing::Values(1, 2, 3, 8, 16),
                                          testing::Values(0, 4, 8, 32)));

TEST(Quantize, MoreBitsAreCloserToTheFloatNetwork) {
  const Network net = example("residual_example.yaml");
  const Calibration calibration = calibrate(net);
  double before = 2.0;
  for (const int k : {1, 2, 4, 8, 16}) {
    const auto rows = compare_with_float(net, quantize(net, calibration, bits(k)));
    EXPECT_EQ(rows.back().layer, "fc");
    EXPECT_LT(rows.back().cosine_error, before) << k;
    before = rows.back().cosine_error;
  }
  EXPECT_LT(before, 1e-6);
}

TEST(Quantize, TheHighwayBringsTheLastSumCloserToTheFloatNetwork) {
  const Network net = make_zoo("resnet20");
  const Calibration calibration = calibrate(net);
  const auto error = [&](bool highway) {
    const auto rows = compare_with_float(net, quantize(net, calibration, bits(2, highway)));
    double sum = 0.0;
    for (const LayerMetrics& row : rows) {
      sum += row.layer.ends_with(".add") ? row.cosine_error : 0.0;
    }
    return sum;
  };
  EXPECT_LT(error(true), error(false));
}

TEST(Quantize, FirstAndLastLayersFollowTheirPolicy) {
  const Network net = example("residual_example.yaml");
  struct Case {
    FirstLast policy;
    int k;
    int edge;
  };
  for (const Case& each : {Case{FirstLast::same, 2, 2}, Case{FirstLast::native16, 2, 16},
                           Case{FirstLast::composed, 2, 16}, Case{FirstLast::excluded, 2, 16},
                           Case{FirstLast::composed8, 2, 8}, Case{FirstLast::composed8, 12, 12}}) {
    QuantizeOptions options = bits(each.k);
    options.first_last = each.policy;
    for (const char* name : {"stem", "fc"}) {
      EXPECT_EQ(layer_bits(net, net.layer(name), options).weight, each.edge) << name;
      EXPECT_EQ(layer_bits(net, net.layer(name), options).activation, each.edge) << name;
    }
    EXPECT_EQ(layer_bits(net, net.layer("block1.conv1"), options).weight, each.k);
  }
}

TEST(Quantize, OverridesBeatThePolicyAndTheLastOneWins) {
  const Network net = example("residual_example.yaml");
  QuantizeOptions options = bits(2);
  options.first_last = FirstLast::native16;
  options.overrides = {{.pattern = "*", .weight_bits = 5, .activation_bits = {}},
                       {.pattern = "stem", .weight_bits = 4, .activation_bits = 7}};
  EXPECT_EQ(layer_bits(net, net.layer("stem"), options).weight, 4);
  EXPECT_EQ(layer_bits(net, net.layer("stem"), options).activation, 7);
  EXPECT_EQ(layer_bits(net, net.layer("fc"), options).weight, 5);
  EXPECT_EQ(layer_bits(net, net.layer("fc"), options).activation, 16);
}

TEST(Quantize, RefusesBadOptionsAndOverridesThatMatchNothing) {
  const Network net = example("residual_example.yaml");
  const Calibration calibration = calibrate(net);
  const auto message = [&](const QuantizeOptions& options) -> std::string {
    try {
      static_cast<void>(quantize(net, calibration, options));
    } catch (const InputError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_THAT(message(bits(17)), testing::HasSubstr("weight precision is 17, outside 1..16"));
  QuantizeOptions narrow = bits(2, true);
  narrow.highway_bits = 3;
  EXPECT_THAT(message(narrow), testing::HasSubstr("highway.bits is 3, outside 4..32"));
  QuantizeOptions nowhere = bits(2);
  nowhere.overrides = {{.pattern = "stam", .weight_bits = 4, .activation_bits = {}}};
  EXPECT_THAT(message(nowhere), testing::HasSubstr("did you mean 'stem'"));
}

TEST(Quantize, WeightsAreTheLaplaceCodesOfTheFloatWeights) {
  const Network net = example("residual_example.yaml");
  const traces::Trace trace = quantize(net, calibrate(net), bits(3));
  const Layer& layer = net.layer("block1.conv1");
  const traces::TensorEntry& w = trace.tensor("block1.conv1.w");
  EXPECT_EQ(w.kind, traces::TensorKind::midrise);
  for (std::size_t i = 0; i < layer.weights.size(); ++i) {
    const double cell = std::floor(static_cast<double>(layer.weights[i]) / w.scale[0]);
    ASSERT_EQ(w.data.at(static_cast<std::int64_t>(i)), std::min(std::max(cell, -4.0), 3.0));
  }
}

TEST(Quantize, SyntheticLayersHaveTheirZerosBeforeAndBehind) {
  const std::string text =
      "schema: turnpike-network/1\n"
      "batch: 2\n"
      "layers:\n"
      "  - {name: a, op: conv, input: [8, 13, 13], filters: 12, kernel: 3, pad: 1,\n"
      "     zeros: {ifmap: 0.725, ofmap: 0.6}}\n"
      "  - {name: b, op: conv, input: [12, 13, 13], filters: 8, kernel: 3, zeros: {ifmap: 0.25}}\n"
      "  - {name: c, op: conv, filters: 8, kernel: 3}\n";
  const Network net = parse_network(text, "n.yaml");
  const Calibration calibration = calibrate(net);
  for (const int k : {16, 8, 4}) {
    const traces::Trace trace = quantize(net, calibration, bits(k));
    const auto zeros = [&](const char* name) {
      const std::vector<double> codes = trace.tensor(name).data.converted<double>();
      return static_cast<double>(std::count(codes.begin(), codes.end(), 0.0));
    };
    EXPECT_EQ(zeros("a.x"), std::nearbyint(0.725 * 2 * 8 * 169)) << k;
    EXPECT_EQ(zeros("b.x"), std::nearbyint(0.25 * 2 * 12 * 169)) << k;
    EXPECT_TRUE(trace.has_tensor("b.q"));
    EXPECT_FALSE(trace.has_tensor("input.q"));
    EXPECT_EQ(trace.layers[2].inputs[0], "b.q");
    const std::vector<double> a = trace.tensor("a.y").data.converted<double>();
    EXPECT_NEAR(static_cast<double>(std::count(a.begin(), a.end(), 0.0)),
                0.6 * static_cast<double>(a.size()), k == 4 ? 8.0 : 2.0);  // ties at 4 bits
  }
}

TEST(Quantize, TheHighwaySettingStandsInTheTrace) {
  const Network net = example("residual_example.yaml");
  const Calibration calibration = calibrate(net);
  EXPECT_FALSE(quantize(net, calibration, bits(4)).highway.enabled);
  const traces::Trace on = quantize(net, calibration, bits(4, true));
  EXPECT_TRUE(on.highway.enabled);
  EXPECT_EQ(on.highway.bits, 8);
}

}  // namespace
}  // namespace turnpike::models
