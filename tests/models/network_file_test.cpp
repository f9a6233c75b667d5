#include "models/network_file.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/model_info.hpp"
#include "models/ops/ops.hpp"
#include "models/quantize.hpp"
#include "traces/trace_validate.hpp"

namespace turnpike::models {
namespace {

using testing::HasSubstr;

Network shipped(const char* name) {
  return read_network(std::string{TURNPIKE_SOURCE_DIR "/configs/networks/"} + name);
}

std::string message(const std::string& layers) {
  try {
    static_cast<void>(parse_network("schema: turnpike-network/1\nlayers:\n" + layers, "n.yaml"));
  } catch (const InputError& error) {
    return error.what();
  }
  return "no error";
}

TEST(NetworkFile, AlexNetHasTheChipsMacsAndMappings) {
  const Network net = shipped("alexnet.yaml");
  EXPECT_EQ(net.batch(), 4);
  EXPECT_EQ(4 * net.layer("CONV1").macs(), 421660800);
  EXPECT_EQ(4 * net.layer("CONV2").macs(), 895795200);
  EXPECT_EQ(4 * net.layer("CONV3").macs(), 598081536);
  EXPECT_EQ(4 * net.layer("CONV4").macs(), 448561152);
  EXPECT_EQ(4 * net.layer("CONV5").macs(), 299040768);
  const LayerRequests& conv3 = net.layer("CONV3").requests;
  EXPECT_EQ(conv3.mapping,
            (Mapping{"row_stationary",
                     {{"m", 64}, {"n", 4}, {"e", 13}, {"p", 16}, {"q", 3}, {"r", 2}, {"t", 2}}}));
  EXPECT_EQ(conv3.ifmap_zeros, 0.725);
  EXPECT_EQ(conv3.ofmap_zeros, 0.793);
  EXPECT_EQ(conv3.weight_bits, 16);
}

TEST(NetworkFile, VggHasItsConvolutions) {
  const Network net = shipped("vgg16.yaml");
  EXPECT_EQ(net.batch(), 3);
  EXPECT_EQ(net.macs(), 15346630656);
  EXPECT_EQ(net.shape_of("pool5"), (TensorShape{512, 7, 7}));
}

TEST(NetworkFile, LayersReadTheLayerBeforeUnlessToldOtherwise) {
  const Network net = shipped("residual_example.yaml");
  EXPECT_THAT(net.layer("block1.conv1").inputs, testing::ElementsAre("stem"));
  EXPECT_THAT(net.layer("block1.add").inputs, testing::ElementsAre("block1.conv2", "stem"));
  EXPECT_TRUE(net.layer("stem").relu);
  EXPECT_FALSE(net.layer("block1.conv2").relu);
}

TEST(NetworkFile, ErrorsNameTheirPlace) {
  const std::string first = "  - {name: a, op: conv, input: [3, 8, 8], filters: 4, kernel: 3}\n";
  EXPECT_THAT(message("  - {name: a, op: conv, filters: 4, kernel: 3}\n"),
              HasSubstr("needs 'input'"));
  EXPECT_THAT(message("  - {name: a, op: cnv, input: [3, 8, 8]}\n"),
              HasSubstr("must be one of conv, fc"));
  EXPECT_THAT(message(first + "  - {name: b, op: conv, filter: 4, kernel: 3}\n"),
              HasSubstr("filters"));
  EXPECT_THAT(message(first + "  - {name: b, op: conv, filters: 4}\n"), HasSubstr("kernel"));
  EXPECT_THAT(message(first + "  - {name: b, op: conv, filters: 4, kernel: 9}\n"),
              HasSubstr("n.yaml:4:12: layer 'b': kernel 9x9 is larger than the padded input 6x6"));
  EXPECT_THAT(message(first + "  - {name: b, op: conv, input: [4, 8, 8], filters: 4, kernel: 3}\n"),
              HasSubstr("'input' is [4, 8, 8], but [4, 6, 6] arrives"));
  EXPECT_THAT(message(first + "  - {name: b, op: conv, input: [4, 9, 9], filters: 4, kernel: 9}\n"),
              HasSubstr("[4, 6, 6] arrives; 'from' names another layer, and 'zeros: {ifmap: 0.5}' "
                        "detaches this one"));
  EXPECT_EQ(message(first + "  - {name: b, op: conv, input: [4, 9, 9], filters: 4, kernel: 9, "
                            "zeros: {ifmap: 0.5}}\n"),
            "no error");
  EXPECT_THAT(message(first + "  - {name: b, op: maxpool, kernel: 2, groups: 2}\n"),
              HasSubstr("groups"));
  EXPECT_THAT(message(first + "  - {name: b, op: conv, filters: 4, kernel: 3, pad: [1, 1]}\n"),
              HasSubstr("[top, left, bottom, right]"));
  EXPECT_THAT(message(first + "  - {name: b, op: conv, filters: 4, kernel: 3, relu: false, zeros: "
                              "{ofmap: 0.5}}\n"),
              HasSubstr("needs the ReLU"));
  EXPECT_THAT(
      message(first + "  - {name: b, op: conv, filters: 4, kernel: 3, zeros: {ifmap: 1.5}}\n"),
      HasSubstr("outside"));
  EXPECT_THAT(message("  - {name: l, op: lstm, input: 8, hidden: 4, gate_order: \"i,f,g,g\"}\n"),
              HasSubstr("order of i,f,g,o"));
  EXPECT_THAT(message("  []\n"), HasSubstr("at least one layer"));
}

TEST(NetworkFile, AnAffineLayerScalesAndShiftsOnItsOwn) {
  const Network net = parse_network(
      "schema: turnpike-network/1\n"
      "layers:\n"
      "  - {name: stem, op: conv, input: [3, 8, 8], filters: 4, kernel: 3, pad: 1, relu: false}\n"
      "  - {name: norm, op: affine}\n"
      "  - {name: conv, op: conv, filters: 4, kernel: 3, pad: 1, relu: false}\n"
      "  - {name: sum, op: add, from: [conv, stem]}\n",
      "preactivation");
  const Layer& norm = net.layer("norm");
  EXPECT_TRUE(norm.relu);
  EXPECT_EQ(norm.scale.size(), 4U);
  EXPECT_EQ(norm.bias.size(), 4U);
  EXPECT_EQ(norm.macs(), 0);
  const traces::Trace trace =
      quantize(net, calibrate(net), {.weight_bits = 4, .activation_bits = 4});
  const auto entry = std::find_if(trace.layers.begin(), trace.layers.end(),
                                  [](const auto& layer) { return layer.name == "norm"; });
  ASSERT_NE(entry, trace.layers.end());
  EXPECT_EQ(entry->op, traces::Op::affine);
  EXPECT_EQ(entry->post.size(), 4U);  // scale, bias, relu, quantize
  traces::validate_trace(trace, {"preactivation"});
}

/// A layer of each operation, complete, in a network where it fits.
const std::map<std::string, std::string>& complete_layers() {
  static const std::map<std::string, std::string> layers = {
      {"conv", "filters: 4, kernel: 3, from: a"},
      {"fc", "filters: 4, from: a"},
      {"lstm", "hidden: 4, from: s"},
      {"gru", "hidden: 4, from: s"},
      {"add", "from: [a, a]"},
      {"mul", "from: [a, a]"},
      {"maxpool", "from: a"},
      {"avgpool", "from: a"},
      {"concat", "from: [a, a]"},
      {"affine", "from: a"}};
  return layers;
}

TEST(NetworkFile, AnOperationTakesTheKeysItsRowSaysAndNoOthers) {
  const std::map<std::string, std::string> values = {
      {"filters", "4"},  {"kernel", "3"},        {"stride", "1"},     {"pad", "1"},
      {"groups", "1"},   {"relu", "true"},       {"hidden", "4"},     {"steps", "1"},
      {"skip", "{}"},    {"gate_order", "[]"},   {"candidate", "[]"}, {"cell_tanh", "[]"},
      {"tanh_of", "[]"}, {"highway_range", "[]"}};
  for (const std::string& name : network_ops()) {
    ASSERT_TRUE(complete_layers().contains(name)) << name;
    traces::Op op = traces::Op::conv;
    ASSERT_TRUE(from_string(name, op));
    std::set<std::string> known;
    for (const LayerKey& key : operation(op).keys) {
      known.emplace(key.key.substr(0, key.key.find('.')));
    }
    for (const auto& [key, value] : values) {
      const std::string& layer = complete_layers().at(name);
      if (layer.find(key + ":") != std::string::npos) {
        EXPECT_TRUE(known.contains(key)) << name << " needs " << key;
        continue;
      }
      const std::string said =
          message(fmt::format("  - {{name: s, op: lstm, input: 4, hidden: 4}}\n"
                              "  - {{name: a, op: fc, filters: 4}}\n"
                              "  - {{name: l, op: {}, {}, {}: {}}}\n",
                              name, layer, key, value));
      EXPECT_EQ(said.find(fmt::format("unknown key '{}'", key)) == std::string::npos,
                known.contains(key))
          << name << ' ' << key << ": " << said;
    }
  }
}

TEST(NetworkFile, OpenTellsZooAndFilesApart) {
  EXPECT_EQ(open_network("zoo:lstm300").name(), "lstm300");
  const std::string path = TURNPIKE_SOURCE_DIR "/configs/networks/residual_example.yaml";
  EXPECT_EQ(open_network(path, {.seed = 3, .batch = 2}).batch(), 2);
  EXPECT_NE(open_network(path, {.seed = 3, .batch = 1}).layer("stem").weights,
            open_network(path, {.seed = 4, .batch = 1}).layer("stem").weights);
  EXPECT_THROW(static_cast<void>(open_network("resnet18")), InputError);
  EXPECT_THROW(static_cast<void>(open_network("missing.yaml")), FileError);
}

/// torchvision's multiply-adds of a ResNet-18, and its multiply-adds and parameters of a
/// MobileNetV2 (3,504,872 less 34,112 of batch norms and 1,000 biases); the 1.0 M parameters of
/// DenseNet-40 are from the paper's table 2, batch norms included.
TEST(ShippedNetworks, HaveTheSizesThatArePublished) {
  EXPECT_EQ(model_info(shipped("preact_resnet18.yaml"), {}).macs, 1'814'073'344);
  const ModelInfo mobile = model_info(shipped("mobilenet_v2.yaml"), {});
  EXPECT_EQ(mobile.macs, 300'774'272);
  EXPECT_EQ(mobile.parameters, 3'469'760);
  const ModelInfo dense = model_info(shipped("densenet40.yaml"), {});
  EXPECT_NEAR(static_cast<double>(dense.parameters), 1.0e6, 0.05e6);
  EXPECT_EQ(std::count_if(dense.layers.begin(), dense.layers.end(),
                          [](const LayerInfo& each) { return each.macs > 0; }),
            40);
}

}  // namespace
}  // namespace turnpike::models
