// Workload files of SCALE-Sim, Timeloop, AccelForge and ZigZag: what becomes of them, and what is
// refused where.

#include <cmath>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/import/import_model.hpp"
#include "models/import/npy_folder.hpp"
#include "models/import/shape_files.hpp"
#include "models/network_file.hpp"
#include "models/quantize.hpp"
#include "models/zoo.hpp"
#include "traces/npy.hpp"
#include "traces/trace_validate.hpp"

namespace turnpike::models {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class ShapeFiles : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directories(folder_); }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string put(const std::string& name, const std::string& text) const {
    std::ofstream{folder_ + name, std::ios::binary} << text;
    return folder_ + name;
  }
  [[nodiscard]] ImportedNetwork import_text(const std::string& name, const std::string& text,
                                            const ImportOptions& options = {}) const {
    const std::string path = put(name, text);
    EXPECT_TRUE(is_importable(path)) << name;
    return import_network(path, options);
  }
  /// Its message from the file's name on; "" if it is taken.
  [[nodiscard]] std::string refusal(const std::string& name, const std::string& text) const {
    try {
      static_cast<void>(import_text(name, text));
    } catch (const FileError& error) {
      const std::string what = error.what();
      return what.starts_with(folder_) ? what.substr(folder_.size()) : what;
    }
    return "";
  }

 private:
  std::string folder_ = testing::TempDir() + "turnpike_shapes/";
};

constexpr const char* kConvHeader =
    "Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, "
    "Strides,\n";

/// A layer of a zoo network with its padding, as SCALE-Sim states it.
std::string row_of(const Layer& layer) {
  if (layer.op == traces::Op::fc) {
    return fmt::format("{}, 1, 1, 1, 1, {}, {}, 1,\n", layer.name, layer.input_shape[0],
                       layer.filters);
  }
  return fmt::format("{}, {}, {}, {}, {}, {}, {}, {},\n", layer.name,
                     layer.input_shape[1] + layer.pad.top + layer.pad.bottom,
                     layer.input_shape[2] + layer.pad.left + layer.pad.right, layer.kernel[0],
                     layer.kernel[1], layer.input_shape[0], layer.filters, layer.stride[0]);
}

TEST_F(ShapeFiles, ScaleSimsResNet18HasTheMacsOfTheZoos) {
  const Network zoo = zoo_shapes("resnet18");
  std::string text = kConvHeader;
  for (const Layer& layer : zoo.layers()) {
    text += layer.is_array() ? row_of(layer) : "";
  }
  const ImportedNetwork imported = import_text("resnet18.csv", text);
  EXPECT_EQ(imported.network.macs(), zoo.macs());
  EXPECT_EQ(imported.network.macs(), 1814073344);  // docs: MACs of the shapes
  EXPECT_EQ(imported.network.layers().size(), 21U);
  EXPECT_THAT(imported.notes, testing::Contains(HasSubstr("padding included")));
}

// 3 x 3, 4 to 8 channels, stride 2, 9 x 11 outputs from 19 x 23: the same in all formats.
const std::vector<std::pair<std::string, std::string>>& one_layer() {
  static const std::vector<std::pair<std::string, std::string>> files = {
      {"one.csv", std::string{kConvHeader} + "conv, 19, 23, 3, 3, 4, 8, 2,\n"},
      {"timeloop.yaml", R"(problem:
  version: 0.4
  shape:
    name: conv
    dimensions: [C, M, R, S, N, P, Q]
    coefficients:
      - {name: Wstride, default: 1}
      - {name: Hstride, default: 1}
      - {name: Wdilation, default: 1}
      - {name: Hdilation, default: 1}
    data_spaces:
      - {name: Weights, projection: [[[C]], [[M]], [[R]], [[S]]]}
      - name: Inputs
        projection: [[[N]], [[C]], [[R, Wdilation], [P, Wstride]], [[S, Hdilation], [Q, Hstride]]]
      - {name: Outputs, projection: [[[N]], [[M]], [[Q]], [[P]]], read_write: true}
  instance: {C: 4, M: 8, R: 3, S: 3, P: 11, Q: 9, Wstride: 2, Hstride: 2}
)"},
      {"older.yaml",
       "problem:\n  shape: cnn-layer\n  name: conv\n  R: 3\n  S: 3\n  P: 11\n  Q: 9\n"
       "  C: 4\n  K: 8\n  N: 1\n  Wstride: 2\n  Hstride: 2\n"},
      {"forge.yaml", R"(workload:
  rank_sizes: {M: 8, C: 4, N: 1, P: 9, Q: 11, R: 3, S: 3}
  einsums:
  - name: conv
    tensor_accesses:
    - {name: I, projection: {N: n, C: c, H: 2*p+r, W: 2*q+s}}
    - {name: F, projection: [m, c, r, s]}
    - {name: O, projection: [n, m, p, q], output: True}
)"},
      {"zigzag.yaml", R"(- id: 0
  name: conv
  operator_type: Conv
  equation: O[b][k][oy][ox]+=W[k][c][fy][fx]*I[b][c][iy][ix]
  dimension_relations: [ix=2*ox+1*fx, iy=2*oy+1*fy]
  loop_dims: [B, K, C, OY, OX, FY, FX]
  loop_sizes: [1, 8, 4, 9, 11, 3, 3]
  operand_source: {I: 0, W: 0}
)"}};
  return files;
}

TEST_F(ShapeFiles, OneLayerIsTheSameInEveryFormatAndByHand) {
  const std::string by_hand = put("hand.yaml", R"(schema: turnpike-network/1
name: hand
layers:
  - {name: conv, op: conv, input: [4, 19, 23], filters: 8, kernel: 3, stride: 2, relu: false, zeros: {ifmap: 0.5}}
)");
  const Network hand = read_network(by_hand);
  const traces::Trace expected = quantize(hand, calibrate(hand), {.weight_bits = 4});
  for (const auto& [name, text] : one_layer()) {
    const ImportedNetwork imported = import_text(name, text, {.ifmap_zeros = 0.5});
    const Layer& layer = imported.network.layers().at(0);
    EXPECT_EQ(layer.name, "conv") << name;
    EXPECT_EQ(layer.input_shape, (TensorShape{4, 19, 23})) << name;
    EXPECT_EQ(layer.macs(), 8 * 9 * 11 * 4 * 9) << name;
    traces::Trace trace =
        quantize(imported.network, calibrate(imported.network), {.weight_bits = 4});
    trace.network = expected.network;
    EXPECT_EQ(trace, expected) << name;
  }
}

TEST_F(ShapeFiles, ScaleSimsVariants) {
  const Network network =
      import_text("odd.csv",
                  "\xEF\xBB\xBFLayer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, "
                  "Channels, Num Filter, Strides,, Target\r\n"
                  "two, 10, 12, 3, 3, 2, 4, 1, 2, NPU\r\n"
                  "\r\n"
                  "dw, 8, 8, 3, 3, 1, 1, 1,#dw\r\n"
                  "fc, 1, 1, 1, 1, 16, 10, 1, NPU\r\n")
          .network;
  EXPECT_EQ(network.layer("two").stride, (std::array{1, 2}));
  EXPECT_EQ(network.layer("two").output_shape, (TensorShape{4, 8, 5}));
  EXPECT_EQ(network.layer("dw").macs(), 6 * 6 * 9);
  EXPECT_EQ(network.layer("fc").op, traces::Op::fc);
  const ImportedNetwork products =
      import_text("gemm.csv", "Layer,M,N,K,\nqkv,128,96,64,\nvector,1,10,64,\n");
  EXPECT_EQ(products.network.layer("qkv").input_shape, (TensorShape{64, 8, 16}));
  EXPECT_EQ(products.network.layer("qkv").macs(), 128 * 96 * 64);
  EXPECT_EQ(products.network.layer("vector").op, traces::Op::fc);
  EXPECT_THAT(products.notes, testing::Contains(HasSubstr("as square as can be (8 x 16 for 128)")));
}

constexpr const char* kResidual = R"(- id: 0
  operator_type: Conv
  equation: O[b][k][oy][ox]+=W[k][c][fy][fx]*I[b][c][iy][ix]
  dimension_relations: [ix=1*ox+1*fx, iy=1*oy+1*fy]
  loop_dims: [B, K, C, OY, OX, FY, FX]
  loop_sizes: [1, 8, 3, 16, 16, 3, 3]
  operand_precision: {W: 4, I: 8, O: 16, O_final: 8}
  operand_source: {I: 0, W: 0}
- id: 1
  operator_type: Pooling
  equation: O[b][g][oy][ox]+=W[fx][fy]*I[b][g][iy][ix]
  dimension_relations: [ix=2*ox+1*fx, iy=2*oy+1*fy]
  loop_dims: [B, G, OY, OX, FX, FY]
  loop_sizes: [1, 8, 8, 8, 3, 3]
  operand_precision: {I: 8, W: 0, O: 16, O_final: 8}
  operand_source: {I: 0, W: 1}
- id: 2
  operator_type: Conv
  equation: O[b][k][oy][ox]+=W[k][c][fy][fx]*I[b][c][iy][ix]
  dimension_relations: [ix=1*ox+1*fx, iy=1*oy+1*fy]
  loop_dims: [B, K, C, OY, OX, FY, FX]
  loop_sizes: [1, 8, 8, 8, 8, 3, 3]
  operand_precision: {W: 2, I: 4, O: 16, O_final: 8}
  operand_source: {I: 1, W: 2}
- id: 3
  operator_type: Add
  equation: O[b][g][oy][ox]=W[b][g][oy][ox]+I[b][g][oy][ox]
  loop_dims: [B, G, OY, OX]
  loop_sizes: [1, 8, 8, 8]
  operand_source: {W: 1, I: 2}
- id: 4
  name: depthwise
  operator_type: Conv
  equation: O[b][g][oy][ox]+=W[g][fy][fx]*I[b][g][iy][ix]
  dimension_relations: [ix=2*ox+1*fx, iy=2*oy+1*fy]
  loop_dims: [B, G, OY, OX, FY, FX]
  loop_sizes: [1, 8, 4, 4, 3, 3]
  pr_loop_dims: [IX, IY]
  pr_loop_sizes: [8, 8]
  padding: [[1, 0], [1, 0]]
  operand_source: {I: 3, W: 4}
)";

TEST_F(ShapeFiles, ZigZagKeepsBitsAndResidualEdges) {
  const ImportedNetwork imported = import_text("residual.yaml", kResidual);
  const Network& network = imported.network;
  EXPECT_THAT(network.layer("layer3").inputs, ElementsAre("layer2", "layer1"));
  EXPECT_EQ(network.layer("layer1").op, traces::Op::maxpool);
  EXPECT_EQ(network.layer("layer1").pad, (traces::Padding{0, 0, 1, 1}));
  EXPECT_EQ(network.layer("layer2").pad, (traces::Padding{1, 1, 1, 1}));
  EXPECT_EQ(network.layer("layer2").requests.weight_bits, 2);
  EXPECT_EQ(network.layer("layer2").requests.activation_bits, 4);
  EXPECT_EQ(network.layer("depthwise").groups, 8);
  EXPECT_EQ(network.layer("depthwise").pad, (traces::Padding{1, 1, 0, 0}));
  EXPECT_EQ(network.layer("depthwise").output_shape, (TensorShape{8, 4, 4}));
  EXPECT_EQ(network.macs(), 8 * 16 * 16 * 27 + 8 * 64 * 72 + 8 * 16 * 9);
  EXPECT_THAT(imported.notes, testing::Contains(HasSubstr("padding is not stated")));
  // The skip is a skip: with a highway it is wide.
  const traces::Trace trace = quantize(network, calibrate(network), {.highway = true});
  EXPECT_NO_THROW(traces::validate_trace(trace, {"residual"}));
  EXPECT_TRUE(std::any_of(trace.layers.begin(), trace.layers.end(),
                          [](const auto& layer) { return layer.skip && layer.skip->highway; }));
}

TEST_F(ShapeFiles, ZigZagsSkipIsTheShorterWayWhicheverStandsFirst) {
  const auto conv = [](int id, int kernel, int from) {
    return fmt::format(
        "- id: {}\n  operator_type: Conv\n"
        "  equation: O[b][k][oy][ox]+=W[k][c][fy][fx]*I[b][c][iy][ix]\n"
        "  dimension_relations: [ix=1*ox+1*fx, iy=1*oy+1*fy]\n"
        "  loop_dims: [B, K, C, OY, OX, FY, FX]\n"
        "  loop_sizes: [1, 8, 8, 8, 8, {}, {}]\n  operand_source: {{I: {}, W: {}}}\n",
        id, kernel, kernel, from, id);
  };
  // A block of two convolutions, and behind them in the file the projection of its skip.
  const std::string text = conv(0, 3, 0) + conv(1, 3, 0) + conv(2, 3, 1) + conv(3, 1, 0) +
                           "- id: 4\n  operator_type: Add\n"
                           "  equation: O[b][g][oy][ox]=W[b][g][oy][ox]+I[b][g][oy][ox]\n"
                           "  loop_dims: [B, G, OY, OX]\n  loop_sizes: [1, 8, 8, 8]\n"
                           "  operand_source: {W: 3, I: 2}\n";
  EXPECT_THAT(import_text("projection.yaml", text).network.layer("layer4").inputs,
              ElementsAre("layer2", "layer3"));
}

TEST_F(ShapeFiles, AccelForgeLinksLayersByTheirTensors) {
  const ImportedNetwork imported = import_text("mobile.yaml", R"(workload:
  rank_sizes: {B: 1, P0: 14, Q0: 14, N0: 6, T0: 24, P1: 14, Q1: 14, N1: 6}
  bits_per_value: {All: 8}
  einsums:
  - name: Expand
    tensor_accesses:
    - {name: X, projection: [p0, q0, n0, b]}
    - {name: WA, projection: [n0, t0]}
    - {name: A, projection: [p0, q0, t0, b], output: True}
    renames: {input: X, output: A, weight: WA}
  - name: Depthwise
    tensor_accesses:
    - {name: A, projection: {P0: p1 + r0, Q0: q1 + s0, T0: t0, B: b}}
    - {name: WB, projection: [r0, s0, t0]}
    - {name: B, projection: [p1, q1, t0, b], output: True}
    iteration_space_shape: [0 <= r0 < 3, 0 <= s0 < 3]
  - name: Project
    tensor_accesses:
    - {name: B, projection: [p1, q1, t0, b]}
    - {name: WC, projection: [t0, n1], bits_per_value: 4}
    - {name: Y, projection: [p1, q1, n1, b], output: True}
)");
  const Network& network = imported.network;
  EXPECT_EQ(network.layer("Depthwise").groups, 24);
  EXPECT_EQ(network.layer("Depthwise").pad, (traces::Padding{1, 1, 1, 1}));
  EXPECT_THAT(network.layer("Depthwise").inputs, ElementsAre("Expand"));
  EXPECT_EQ(network.layer("Project").requests.weight_bits, 4);
  EXPECT_EQ(network.layer("Project").requests.activation_bits, 8);
  EXPECT_EQ(network.macs(), 196 * (6 * 24 + 24 * 9 + 24 * 6));
}

TEST_F(ShapeFiles, ProductsOfMatricesInEveryFormat) {
  const Network forge = import_text("mm.yaml", R"(workload:
  iteration_space_shape: {m: 0 <= m < 12, n0: 0 <= n0 < 6, n1: 0 <= n1 < 5}
  einsums:
  - name: mm
    tensor_accesses:
    - {name: A, projection: [m, n0]}
    - {name: W, projection: [n0, n1]}
    - {name: Z, projection: [m, n1], output: True}
)")
                            .network;
  const Network timeloop = import_text("abz.yaml", R"(problem:
  shape:
    name: mm
    dimensions: [M, N, K]
    data_spaces:
    - {name: A, projection: [[[M]], [[K]]]}
    - {name: B, projection: [[[N]], [[K]]]}
    - {name: Z, projection: [[[M]], [[N]]], read_write: True}
  M: 12
  N: 5
  K: 6
)")
                               .network;
  for (const Network* network : {&forge, &timeloop}) {
    EXPECT_EQ(network->macs(), 12 * 6 * 5);
    EXPECT_EQ(network->layer("mm").filters, 5);
    EXPECT_EQ(network->layer("mm").input_shape, (TensorShape{6, 3, 4}));
  }
}

TEST_F(ShapeFiles, DensityOfTimeloopsInputsIsTheShareOfZeros) {
  std::string text = one_layer()[2].second + "  densities: {Inputs: 0.25, Weights: 1}\n";
  EXPECT_EQ(import_text("dense.yaml", text).network.layers()[0].requests.ifmap_zeros, 0.75);
}

TEST_F(ShapeFiles, OtherYamlIsLeftAlone) {
  EXPECT_FALSE(is_importable(put("net.yaml", "schema: turnpike-network/1\nproblem: x\n")));
  EXPECT_FALSE(is_importable(put("any.yaml", "layers: []\n")));
  EXPECT_FALSE(is_importable("zoo:resnet18"));
  EXPECT_FALSE(is_importable("absent.yaml"));
}

class NpyFolder : public ShapeFiles {
 protected:
  /// Two layers with real values: a grouped conv and an fc.
  [[nodiscard]] std::string folder(const std::string& name) const {
    const std::string path = put(name + ".x", "");
    const std::string at = path.substr(0, path.size() - 2) + "/";
    std::filesystem::remove_all(at);
    std::filesystem::create_directories(at);
    put(name + "/model.csv", "Name:Type:Stride:Padding\nconv1:conv:2:1\nfc1:fc:1:0\n");
    put(name + "/precision.txt",
        "magnitude, fraction, wgt_magnitude, wgt_fraction\n3;5;\n1;-1;\n1;1;\n3;2;\n");
    array(name + "/act-conv1-0.npy", {2, 4, 6, 5}, 7.0F);
    array(name + "/wgt-conv1.npy", {6, 2, 3, 3}, 0.9F);
    array(name + "/act-fc1-0.npy", {2, 3, 2, 2}, 16.0F);
    array(name + "/wgt-fc1.npy", {5, 12}, 0.9F);
    return at;
  }
  void array(const std::string& name, const TensorShape& shape, float range) const {
    std::vector<float> values(static_cast<std::size_t>(element_count(shape)));
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] = range * std::sin(0.7F * static_cast<float>(i));
    }
    put(name, traces::encode_npy(Tensor{shape, std::move(values)}));
  }
  [[nodiscard]] std::string folder_refusal(const std::string& path) const {
    try {
      static_cast<void>(read_npy_folder(path));
    } catch (const FileError& error) {
      return error.what();
    }
    return "";
  }
};

TEST_F(NpyFolder, ValuesBecomeFixedPointAndProductsAreThose) {
  const std::string path = folder("net");
  EXPECT_TRUE(is_npy_folder(path));
  const traces::Trace trace = read_npy_folder(path);
  EXPECT_NO_THROW(traces::validate_trace(trace, {path}));
  EXPECT_EQ(trace.batch, 2);
  const traces::TensorEntry& x = trace.tensor("conv1.x");
  EXPECT_EQ(x.bits, 4);  // 3 before the point with the sign, 1 behind it
  EXPECT_EQ(x.scale, std::vector{0.5});
  EXPECT_EQ(x.data.at(5), std::nearbyint(7.0F * std::sin(3.5F) / 0.5));
  EXPECT_EQ(x.data.at(2), 7);  // 6.9 / 0.5 is beyond the range
  EXPECT_EQ(trace.tensor("fc1.x").bits, 4);
  EXPECT_EQ(trace.tensor("fc1.x").scale, std::vector{2.0});  // fraction -1
  EXPECT_EQ(trace.tensor("conv1.w").bits, 4);
  EXPECT_EQ(trace.layers[0].groups, 2);
  EXPECT_EQ(trace.tensor("conv1").data.shape(), (TensorShape{2, 6, 3, 3}));
  // One product by hand: image 1, filter 4 (group 1), row 1, column 2.
  double sum = 0.0;
  const Tensor& w = trace.tensor("conv1.w").data;
  for (int c = 0; c < 2; ++c) {
    for (int r = 0; r < 3; ++r) {
      for (int s = 0; s < 3; ++s) {
        const int row = 2 * 1 + r - 1;
        const int column = 2 * 2 + s - 1;
        if (row < 6 && column < 5) {
          sum += static_cast<double>(x.data.at(((1 * 4 + 2 + c) * 6 + row) * 5 + column)) * 0.5 *
                 static_cast<double>(w.at(((4 * 2 + c) * 3 + r) * 3 + s)) * 0.125;
        }
      }
    }
  }
  EXPECT_DOUBLE_EQ(trace.tensor("conv1").data.at(((1 * 6 + 4) * 3 + 1) * 3 + 2), sum);
}

TEST_F(NpyFolder, WhatIsMissingOrDoesNotFitIsNamed) {
  const auto broken = [&](const std::string& name, const std::string& file,
                          const std::string& text) {
    const std::string path = folder(name);
    put(name + "/" + file, text);
    return folder_refusal(path);
  };
  EXPECT_THAT(broken("a", "model.csv", ""), HasSubstr("names no layer"));
  EXPECT_THAT(broken("b", "model.csv", "conv1:conv:2\n"), HasSubstr("model.csv:1: a line is Name"));
  EXPECT_THAT(broken("c", "model.csv", "a:conv:1:0\nb:lstm:1:0\n"),
              HasSubstr("model.csv:2: layers of type 'lstm'"));
  EXPECT_THAT(broken("d", "model.csv", "conv1:conv:0:0\n"), HasSubstr("the stride is 0"));
  EXPECT_THAT(broken("e", "model.csv", "conv1:conv:1:3\n"),
              HasSubstr("has 2 numbers for 1 layers"));
  EXPECT_THAT(broken("f", "model.csv", "conv1:conv:1:0\nconv1:conv:1:0\n"),
              HasSubstr("given twice"));
  EXPECT_THAT(broken("g", "model.csv", "../x:conv:1:0\n"), HasSubstr("part of the name of a file"));
  EXPECT_THAT(broken("h", "model.csv", "conv9:conv:1:0\nfc1:fc:1:0\n"), HasSubstr("wgt-conv9.npy"));
  EXPECT_THAT(broken("i", "precision.txt", "x\n1;2;\n"), HasSubstr("precision.txt:3: is missing"));
  EXPECT_THAT(broken("j", "precision.txt", "x\n1;2;3;\n"),
              HasSubstr("precision.txt:2: has 3 numbers"));
  EXPECT_THAT(broken("k", "precision.txt", "x\n9;9;\n9;9;\n1;1;\n1;1;\n"),
              HasSubstr("operands of 18 bits"));
  EXPECT_THAT(broken("l", "precision.txt", "x\n1;a;\n"), HasSubstr("whole number, not 'a'"));
  EXPECT_THAT(broken("m", "wgt-conv1.npy", "x"), HasSubstr("wgt-conv1.npy"));
  EXPECT_THAT(broken("n", "act-fc1-0.npy", ""), HasSubstr("act-fc1-0.npy"));
  const std::string path = folder("o");
  array("o/wgt-fc1.npy", {5, 11}, 1.0F);
  EXPECT_THAT(folder_refusal(path), HasSubstr("has 12 values an image for 11 inputs"));
  array("o/wgt-conv1.npy", {6, 3, 3, 3}, 1.0F);
  EXPECT_THAT(folder_refusal(path), HasSubstr("does not fit 4 channels"));
  array("o/wgt-conv1.npy", {6, 2, 9, 9}, 1.0F);
  EXPECT_THAT(folder_refusal(path), HasSubstr("model.csv:2: a window of 9"));
  array("o/wgt-conv1.npy", {6, 2, 3}, 1.0F);
  EXPECT_THAT(folder_refusal(path), HasSubstr("have 4 axes"));
  array("o/act-conv1-0.npy", {2, 4, 6, 5}, NAN);
  array("o/wgt-conv1.npy", {6, 2, 3, 3}, 1.0F);
  EXPECT_THAT(folder_refusal(path), HasSubstr("element 0 is nan"));
}

struct Broken {
  const char* name;
  std::string text;
  const char* says;
};

std::string changed(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST_F(ShapeFiles, BrokenFilesAreRefusedAtTheirPlace) {
  const std::string conv = kConvHeader;
  const std::string timeloop = one_layer()[1].second;
  const std::string forge = one_layer()[3].second;
  const std::string zigzag = one_layer()[4].second;
  const std::vector<Broken> all = {
      {"a.csv", "", "has no header"},
      {"b.csv", "\n\n,,,\n", "has no header"},
      {"c.csv", "Layer name; IFMAP Height; IFMAP Width\n",
       "c.csv:1: fields are separated by commas"},
      {"d.csv", "Layer name\tM\tN\tK\n", "d.csv:1: fields are separated by commas"},
      {"e.csv", "conv, 3, 3\n", "e.csv:1: unknown column 'conv'"},
      {"f.csv", "Layer, M, N\n", "f.csv:1: lacks the column 'k'"},
      {"g.csv", conv, "has no layers"},
      {"h.csv", conv + "a, 9, 9, 3, 3, 4, 8\n", "h.csv:2: 'strides' must be a whole number"},
      {"i.csv", conv + "a, 9, 9, 3, 3, 4, x, 1,\n", "i.csv:2: 'num filter' must be a whole number"},
      {"j.csv", conv + "a, 9, 9, 3, 3, 4, 0, 1,\n", "not '0'"},
      {"k.csv", conv + "a, 9, 9, 3, 3, 4, -2, 1,\n", "not '-2'"},
      {"l.csv", conv + "a, 9, 9, 3, 3, 4, 1e3, 1,\n", "not '1e3'"},
      {"m.csv", conv + "a, 9, 9, 3, 3, 4, 99999999999, 1,\n", "not '99999999999'"},
      {"n.csv", conv + "a, 9, 9, 11, 3, 4, 8, 1,\n", "n.csv:2: a filter of 11 x 3 does not fit"},
      {"o.csv", conv + "a, 9, 9, 3, 3, 4, 8, 1,\na, 9, 9, 3, 3, 4, 8, 1,\n",
       "o.csv:3: layer 'a' is given twice"},
      {"p.csv", conv + ", 9, 9, 3, 3, 4, 8, 1,\n", "p.csv:2: has no name"},
      {"q.csv", conv + "a, 9, 9, 3, 3, 4, 8, 1, 1, 7, 7\n", "q.csv:2: has 11 fields under 8"},
      {"r.csv", conv + "a, 999999, 999999, 3, 3, 99999, 8, 1,\n", "r.csv:2: layer 'a' reads"},
      {"s.csv", conv + "a, 9, 9, 3, 3, 9999999, 9999999, 1,\n", "s.csv:2: "},
      {"t.csv", std::string{"Layer, M, N, K\na\0b, 1, 1, 1\n", 28}, "t.csv:2: is no line of text"},
      {"u.csv", "Layer, M, N, K, M\n", "column 'M' is given twice"},
      {"v.csv", "Layer, M, N, K, Colour\n", "unknown column 'Colour'"},
      {"w.csv", conv + std::string(5000, 'x') + "\n", "w.csv:2: is no line of text"},
      {"tl-a.yaml", changed(timeloop, "C: 4", "C: -4"), "tl-a.yaml:16:17: 'C'"},
      {"tl-b.yaml", changed(timeloop, "C: 4", "C: four"), "tl-b.yaml:16:17: 'C'"},
      {"tl-c.yaml", changed(timeloop, "C: 4", "X: 4"), "unknown key 'X'"},
      {"tl-d.yaml", changed(timeloop, "Wdilation, default: 1", "Wdilation, default: 2"),
       "dilation"},
      {"tl-e.yaml", changed(timeloop, "[P, Wstride]", "[P, Tstride]"),
       "'Tstride' is none of the coefficients"},
      {"tl-f.yaml", changed(timeloop, "[[[C]], [[M]], [[R]], [[S]]]", "[[C], [M]]"),
       "'projection' must be a list"},
      {"tl-g.yaml",
       changed(timeloop, "[[[C]], [[M]], [[R]], [[S]]]", "[[[C]], [[M]], [[R]], [[T]]]"),
       "no size for the loop 'T'"},
      {"tl-h.yaml", changed(timeloop, ", read_write: true", ""), "reads 3 tensors and writes 0"},
      {"tl-i.yaml", changed(timeloop, "[[[C]], [[M]], [[R]], [[S]]]", "[[[C]], [[M]], [[R]]]"),
       "loop 'S' that one operand alone has"},
      {"tl-j.yaml", changed(timeloop, "problem:", "problem: &a"), "tl-j.yaml:"},
      {"tl-k.yaml", changed(timeloop, "  version", "\tversion"), "tl-k.yaml:2"},
      {"tl-l.yaml", "problem: 3\n", "tl-l.yaml:1"},
      {"tl-m.yaml", "problem:\n  shape: gemm\n  M: 3\n", "the shape 'gemm' is not known by name"},
      {"tl-n.yaml", changed(timeloop, "P: 11", "P: 2000000000"), "tl-n.yaml:"},
      {"tl-o.yaml", changed(timeloop, "P: 11", "P: {{P}}"), "tl-o.yaml:16: is a Jinja template"},
      {"tl-p.yaml", changed(timeloop, "name: Outputs", "nom: Outputs"), "'name'"},
      {"tl-q.yaml", timeloop + "colour: red\n", "unknown key 'colour'"},
      {"tl-r.yaml", one_layer()[2].second + "  densities: {Inputs: 1.5}\n", "outside 0..1"},
      {"af-a.yaml", changed(forge, "C: 4, ", ""), "no size for the loop 'c'"},
      {"af-b.yaml", changed(forge, "2*p+r", "2*p-r"), "af-b.yaml:6:45: '2*p-r' is no sum"},
      {"af-c.yaml", changed(forge, "2*p+r", "p*p"), "is no sum of loops"},
      {"af-d.yaml", changed(forge, "2*p+r", "p+2*r"), "dilation is not read"},
      {"af-e.yaml", changed(forge, ", output: True", ""), "reads 3 tensors and writes 0"},
      {"af-f.yaml", changed(forge, ", output: True", ", output: maybe"), "af-f.yaml:8"},
      {"af-g.yaml", changed(forge, "  einsums", "  einsum: 1\n  einsums"), "unknown key 'einsum'"},
      {"af-h.yaml", "workload: {einsums: []}\n", "has no layers"},
      {"af-i.yaml", "workload: {einsums: 3}\n", "'einsums' must be a list"},
      {"af-j.yaml", changed(forge, "rank_sizes: {M: 8", "rank_sizes: {M: 8.5"), "'M'"},
      {"af-k.yaml", forge + "    iteration_space_shape: [r < 3]\n", "'r < 3' is no bound"},
      {"af-l.yaml", forge + "    iteration_space_shape: [5 <= r < 3]\n", "leaves nothing to do"},
      {"af-m.yaml", forge + "    iteration_space_shape: [0 <= r < 99999999999]\n", "is no bound"},
      {"zz-a.yaml", changed(zigzag, "[1, 8, 4, 9, 11, 3, 3]", "[1, 8, 4, 9, 11, 3]"),
       "zz-a.yaml:7:15: 'loop_sizes' has 6 entries for 7 loops"},
      {"zz-b.yaml", changed(zigzag, "+=W[k]", "+=W(k)"), "is no equation"},
      {"zz-c.yaml", changed(zigzag, "I[b][c][iy][ix]", "I[b][c][iy][ix"), "is no equation"},
      {"zz-d.yaml", changed(zigzag, "ix=2*ox+1*fx", "ix"), "is no relation"},
      {"zz-e.yaml", changed(zigzag, "ix=2*ox+1*fx", "ix=2*ox+3*fx"), "dilation is not read"},
      {"zz-f.yaml", changed(zigzag, "I: 0", "I: 7"), "reads layer 7"},
      {"zz-g.yaml", zigzag + zigzag, "layer 0 is given twice"},
      {"zz-h.yaml", changed(zigzag, "OY, OX", "OY, OY"), "loop 'OY' is given twice"},
      {"zz-i.yaml", changed(zigzag, "name: conv", "colour: conv"), "unknown key 'colour'"},
      {"zz-j.yaml", changed(zigzag, "[1, 8, 4", "[1, 0, 4"), "outside 1.."},
      {"zz-k.yaml",
       changed(zigzag, "O[b][k][oy][ox]+=W[k][c][fy][fx]*", "O[b][k][oy][ox]=W[k][c][fy][fx]+"),
       "operator 'conv' is not read"},
      {"zz-l.yaml",
       changed(zigzag, "  operand_source: {I: 0, W: 0}\n", "  operand_source: {I: [0, 1]}\n"),
       "several sources"},
      {"zz-m.yaml", changed(zigzag, "id: 0", "id: x"), "zz-m.yaml:1"},
      {"zz-n.yaml",
       changed(kResidual, "loop_sizes: [1, 8, 8, 8, 8, 3, 3]", "loop_sizes: [1, 8, 7, 8, 8, 3, 3]"),
       "covers [7, 10, 10], but 'layer1' gives [8, 8, 8]"},
      {"zz-o.yaml",
       changed(kResidual, "loop_sizes: [1, 8, 8, 8, 8, 3, 3]",
               "loop_sizes: [1, 8, 8, 30, 8, 3, 3]"),
       "covers [8, 32, 10]"},
      {"zz-p.yaml", changed(kResidual, "operand_source: {W: 1, I: 2}", "operand_source: {I: 2}"),
       "which layer makes W"},
      {"zz-q.yaml", changed(kResidual, "padding: [[1, 0], [1, 0]]", "padding: [1, 0]"),
       "'padding' is [[before, after]"},
      {"zz-r.yaml", changed(kResidual, "padding: [[1, 0], [1, 0]]", "padding: [[1, 0], [90, 0]]"),
       "zz-r.yaml:"},
      {"zz-s.yaml", "- loop_dims\n", "zz-s.yaml:1"},
      {"zz-t.yaml",
       changed(kResidual, "loop_sizes: [1, 8, 8, 8, 8, 3, 3]", "loop_sizes: [2, 8, 8, 8, 8, 3, 3]"),
       "has a batch of 2"},
  };
  for (const Broken& each : all) {
    EXPECT_THAT(refusal(each.name, each.text), HasSubstr(each.says)) << each.name;
  }
}

}  // namespace
}  // namespace turnpike::models
