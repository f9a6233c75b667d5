#include "traces/trace_json.hpp"

#include <gtest/gtest.h>

#include "tests/traces/test_files.hpp"

namespace turnpike::traces {
namespace {

using test::expect_file_error;

constexpr const char* kHead =
    R"("format": "turnpike-trace", "version": 1, "network": "n", "layout": "NCHW")";
constexpr const char* kFloat = R"({"bits": 32, "kind": "float"})";
constexpr const char* kCodes = R"({"bits": 2, "scale": 0.5, "zero_point": 0, "kind": "uniform"})";

/// A whole document with one tensor entry and one layer.
std::string document(const std::string& tensor, const std::string& layer,
                     const std::string& more = "") {
  return std::string{"{"} + kHead + ", \"tensors\": {\"x\": " + tensor + "}, \"layers\": [" +
         layer + "]" + more + "}";
}

const std::string kConv =
    R"({"name": "c", "op": "conv", "inputs": ["x"], "output": "y", "weights": "w")";

Program parse(const std::string& text) {
  return parse_trace_json(text, {"t.npz"});
}

void expect_rejected(const std::string& text, std::string_view part) {
  SCOPED_TRACE(text);
  expect_file_error([&] { static_cast<void>(parse(text)); }, part);
}

void expect_tensor_rejected(const std::string& tensor, std::string_view part) {
  expect_rejected(document(tensor, kConv + "}"), part);
}

void expect_layer_rejected(const std::string& layer, std::string_view part) {
  expect_rejected(document(kFloat, layer), part);
}

LayerEntry layer_of(const std::string& json) {
  return parse(document(kFloat, json)).layers.at(0);
}

TEST(TraceJson, OptionalKeysHaveTheirDefaults) {
  const Program program = parse(document(kCodes, kConv + "}"));
  EXPECT_EQ(program.batch, 1);
  EXPECT_FALSE(program.highway.enabled);
  const ProgramTensor& x = program.tensor("x");
  EXPECT_FALSE(x.is_signed);
  EXPECT_FALSE(x.highway);
  EXPECT_EQ(x.max_code(), 3);
  const LayerEntry& conv = program.layers.at(0);
  EXPECT_EQ(conv.stride, (std::array{1, 1}));
  EXPECT_EQ(conv.pad, Padding{});
  EXPECT_EQ(conv.groups, 1);
  EXPECT_TRUE(conv.post.empty());
  EXPECT_EQ(conv.weights, std::vector<std::string>{"w"});
}

TEST(TraceJson, TheSourceIsReadAndWrittenWhole) {
  const std::string said =
      R"({"framework": "PyTorch 2.1", "model": "resnet18", "data": "val/0", "date": "2024-02-29T10:00Z",
         "digest": "sha256:00ff"})";
  const Program program = parse(document(kCodes, kConv + "}", ", \"source\": " + said));
  EXPECT_EQ(program.source.framework, "PyTorch 2.1");
  EXPECT_EQ(program.source.model, "resnet18");
  EXPECT_EQ(program.source.data, "val/0");
  EXPECT_EQ(program.source.date, "2024-02-29T10:00Z");
  EXPECT_EQ(program.source.digest, "sha256:00ff");
  EXPECT_EQ(to_string(program.source),
            "framework PyTorch 2.1, model resnet18, data val/0, date 2024-02-29T10:00Z, digest "
            "sha256:00ff");
  EXPECT_EQ(parse(trace_json(program)), program);
  EXPECT_EQ(to_string(parse(document(kCodes, kConv + "}")).source), "");
}

TEST(TraceJson, ASourceThatIsNotSaidRightIsRefused) {
  const auto rejected = [](const std::string& source, std::string_view part) {
    expect_rejected(document(kCodes, kConv + "}", ", \"source\": " + source), part);
  };
  rejected(R"("PyTorch")", "source: expected an object");
  rejected(R"({"framewrk": "PyTorch"})", "unknown key \"framewrk\"; did you mean 'framework'");
  rejected(R"({"model": ""})", "'model' is empty");
  rejected(R"({"digest": 12})", "'digest' must be a string");
  for (const char* date : {"yesterday", "2023-02-30", "2024-13-01", "2024-1-1", "2024-01-01 10:00",
                           "2024-01-01Tnow"}) {
    rejected(fmt::format(R"({{"date": "{}"}})", date), "expected YYYY-MM-DD");
  }
}

TEST(TraceJson, StrideAndPadAreNumbersOrLists) {
  EXPECT_EQ(layer_of(kConv + R"(, "stride": 2, "pad": 3})").pad, (Padding{3, 3, 3, 3}));
  const LayerEntry two = layer_of(kConv + R"(, "stride": [2, 3], "pad": [1, 2]})");
  EXPECT_EQ(two.stride, (std::array{2, 3}));
  EXPECT_EQ(two.pad, (Padding{.top = 1, .left = 2, .bottom = 1, .right = 2}));
  const LayerEntry four = layer_of(kConv + R"(, "pad": [1, 2, 3, 4]})");
  EXPECT_EQ(four.pad, (Padding{.top = 1, .left = 2, .bottom = 3, .right = 4}));
}

TEST(TraceJson, PoolsWithoutKernelAreGlobalAndStrideAsTheirKernel) {
  const std::string pool = R"({"name": "p", "op": "avgpool", "inputs": ["x"], "output": "y")";
  EXPECT_EQ(layer_of(pool + "}").kernel, (std::array{0, 0}));
  EXPECT_EQ(layer_of(pool + R"(, "kernel": [3, 2]})").stride, (std::array{3, 2}));
  EXPECT_EQ(layer_of(pool + R"(, "kernel": 3, "stride": 2})").stride, (std::array{2, 2}));
  expect_layer_rejected(pool + R"(, "stride": 2})", "mean nothing in op avgpool without a window");
}

TEST(TraceJson, NeutralWindowKeysAreAcceptedEverywhere) {
  const std::string fc = R"({"name": "f", "op": "fc", "inputs": ["x"], "output": "y",
                             "weights": ["w"])";
  EXPECT_EQ(layer_of(fc + R"(, "stride": 1, "pad": 0, "groups": 1})").op, Op::fc);
  expect_layer_rejected(fc + R"(, "pad": 1})", "layer 'f': stride and pad mean nothing in op fc");
  expect_layer_rejected(fc + R"(, "groups": 2})", "layer 'f': groups mean nothing in op fc");
}

TEST(TraceJson, ADisabledHighwayClearsEveryFlag) {
  const std::string tensor =
      R"({"bits": 8, "scale": 1, "zero_point": 0, "kind": "uniform", "highway": true})";
  const std::string add = R"({"name": "a", "op": "add", "inputs": ["x", "x"], "output": "y",
                              "skip": {"stride": 1, "channel_pad": 0, "highway": true}})";
  const Program off = parse(document(tensor, add, R"(, "highway": {"enabled": false, "bits": 8})"));
  EXPECT_FALSE(off.tensor("x").highway);
  EXPECT_FALSE(off.layers[0].skip->highway);
  const Program on = parse(document(tensor, add, R"(, "highway": {"enabled": true, "bits": 8})"));
  EXPECT_TRUE(on.tensor("x").highway);
  EXPECT_TRUE(on.layers[0].skip->highway);
}

TEST(TraceJson, WritingAndParsingGiveTheSameProgram) {
  const std::string conv =
      kConv + R"(, "stride": [1, 2], "pad": [0, 1, 2, 3], "groups": 2, "width_tile": 7,
                  "post": ["a.scale", "a.bias", "relu", "quantize"],
                  "mapping": {"m": 1, "n": 2, "e": 3, "p": 4, "q": 5, "r": 6, "t": 7}})";
  const std::string lstm = R"({"name": "l", "op": "lstm", "inputs": ["x", "h"], "output": "o",
      "weights": ["a", "b"], "bias": "c", "gate_order": "f,g,i,o", "hidden": 3, "steps": 2,
      "preact": "p", "gates": "g", "cell": "c", "highway": true})";
  const std::string tensor = R"({"bits": 3, "scale": [0.1, 0.30000000000000004], "axis": 0,
      "zero_point": -1.5, "kind": "uniform", "signed": true, "highway": true, "mean_abs": 1.5})";
  const Program program = parse(document(tensor, conv + "," + lstm,
                                         R"(, "highway": {"enabled": true, "bits": 6}, "batch": 3,
                                          "framework": "f 1.0", "comment": "\u00e9")"));
  EXPECT_EQ(program.tensor("x").scale[1], 0.30000000000000004);
  EXPECT_EQ(program.layers[0].mapping->kind, "row_stationary");
  EXPECT_EQ(program.layers[0].mapping->value("t"), 7);
  EXPECT_EQ(parse(trace_json(program)), program);
  EXPECT_EQ(parse(trace_json(program, 1)), program);
}

TEST(TraceJson, BadSyntaxNamesLineAndColumn) {
  expect_rejected("", "t.npz: trace JSON: not valid JSON");
  expect_rejected("{\"format\": \"turnpike-trace\",\n  \"version\" 1}", "line 2, column 13");
  expect_rejected("[1, 2]", "trace JSON: expected an object {...}, not [1,2]");
  expect_rejected("{\"a\": NaN}", "not valid JSON");
  expect_rejected("{\"a\": 1e999}", "not valid JSON");
  expect_rejected("{\"a\": \"\xff\"}", "not valid JSON");
  expect_rejected(std::string(100000, '['), "nested deeper than 64");
  expect_rejected(R"({"version": 1, "version": 1})", R"(key "version" is given twice)");
}

TEST(TraceJson, FormatAndVersionAreChecked) {
  expect_rejected("{}", "trace JSON: lacks the required key 'format'");
  expect_rejected(R"({"format": "other"})", "'format' is 'other', not 'turnpike-trace'");
  expect_rejected(R"({"format": "turnpike-trace", "version": 2})", "version 2 is unknown");
  expect_rejected(R"({"format": "turnpike-trace", "version": "1"})",
                  "'version' must be an integer, not \"1\"");
}

TEST(TraceJson, TopLevelKeysAreChecked) {
  const std::string good = kConv + "}";
  expect_rejected(document(kFloat, good, R"(, "colour": 1)"), R"(unknown key "colour")");
  expect_rejected(document(kFloat, good, R"(, "batchs": 1)"), "did you mean 'batch'?");
  expect_rejected(document(kFloat, good, R"(, "batch": 0)"), "'batch' is 0, outside 1..");
  expect_rejected(document(kFloat, good, R"(, "highway": {"bits": 8})"),
                  "highway: lacks the required key 'enabled'");
  expect_rejected(document(kFloat, good, R"(, "highway": {"enabled": true})"),
                  "highway: lacks the required key 'bits'");
  expect_rejected(document(kFloat, good, R"(, "highway": {"enabled": true, "bits": 3})"),
                  "highway: 'bits' is 3, outside 4..32");
  expect_rejected(document(kFloat, good, R"(, "highway": {"enabled": 1})"),
                  "'enabled' must be true or false, not 1");
  expect_rejected(document(kFloat, ""), "'layers' must be a list with at least one layer");
  expect_rejected(document(kFloat, good + "," + good), "two layers are named 'c'");
  std::string layout = document(kFloat, good);
  layout.replace(layout.find("NCHW"), 4, "NHWC");
  expect_rejected(layout, "unknown layout 'NHWC'; known: NCHW, TC");
}

TEST(TraceJson, TensorEntriesAreChecked) {
  const auto entry = [](const std::string& more) {
    return R"({"bits": 2, "scale": 0.5, "zero_point": 0, "kind": "uniform")" + more + "}";
  };
  expect_tensor_rejected("3", "tensor 'x': expected an object {...}, not 3");
  expect_tensor_rejected(R"({"bits": 2})", "tensor 'x': lacks the required key 'kind'");
  expect_tensor_rejected(R"({"bits": 2, "kind": "uniform"})", "lacks the required key 'scale'");
  expect_tensor_rejected(R"({"bits": 2, "kind": "uniform", "scale": 1})",
                         "lacks the required key 'zero_point'");
  expect_tensor_rejected(R"({"bits": 2, "kind": "unifrm", "scale": 1})",
                         "unknown kind 'unifrm'; did you mean 'uniform'?");
  for (const std::string bits : {"0", "33", "-1", "99999999999999999999"}) {
    expect_tensor_rejected(R"({"kind": "float", "bits": )" + bits + "}", "tensor 'x': 'bits'");
  }
  for (const std::string scale : {"0", "-1", "[1, 0.0]", "\"1\"", "null", "[]", "true"}) {
    expect_tensor_rejected(
        R"({"bits": 2, "kind": "uniform", "zero_point": 0, "scale": )" + scale + "}", "scale");
  }
  expect_tensor_rejected(entry(R"(, "axis": 0)"), "'axis' is given, but 'scale' is no list");
  expect_tensor_rejected(R"({"bits": 2, "kind": "uniform", "scale": [1, 2], "zero_point": 0})",
                         "a list of scales needs 'axis'");
  expect_tensor_rejected(R"({"bits": 2, "kind": "uniform", "scale": 1, "zero_point": [0]})",
                         "'zero_point' must be a finite number");
  expect_tensor_rejected(entry(R"(, "sined": true)"), "did you mean 'signed'?");
  expect_tensor_rejected(entry(R"(, "signed": 1)"), "'signed' must be true or false");
  expect_tensor_rejected(R"({"bits": 2, "kind": "midrise", "scale": 1, "zero_point": 0})",
                         "kind midrise has zero_point -0.5, not 0");
  expect_tensor_rejected(
      R"({"bits": 2, "kind": "midrise", "scale": 1, "zero_point": -0.5, "signed": false})",
      "kind midrise is signed");
  expect_tensor_rejected(R"({"bits": 32, "kind": "float", "scale": 2})", "kind float holds real");
  expect_tensor_rejected(R"({"bits": 16, "kind": "float"})", "kind float holds real");
}

TEST(TraceJson, LayersAreChecked) {
  expect_layer_rejected("7", "layer 0 (from 0): expected an object");
  expect_layer_rejected(R"({"op": "conv"})", "layer 0 (from 0): lacks the required key 'name'");
  expect_layer_rejected(R"({"name": "c", "op": "convolution"})",
                        "layer 'c': unknown op 'convolution'");
  expect_layer_rejected(R"({"name": "c", "op": "conv", "output": "y"})", "key 'inputs'");
  expect_layer_rejected(R"({"name": "c", "op": "conv", "inputs": "x", "output": "y"})",
                        "'inputs' must be a list of strings, not \"x\"");
  expect_layer_rejected(R"({"name": "c", "op": "conv", "inputs": ["x"], "output": "y"})",
                        "lacks the required key 'weights'");
  expect_layer_rejected(kConv + R"(, "strid": 2})", "did you mean 'stride'?");
  expect_layer_rejected(kConv + R"(, "stride": 0})", "'stride' is 0, outside 1..65535");
  expect_layer_rejected(kConv + R"(, "stride": 1.5})", "'stride' must be an integer, not 1.5");
  expect_layer_rejected(kConv + R"(, "stride": [1, 2, 3]})", "a list of 2 numbers, not [1,2,3]");
  expect_layer_rejected(kConv + R"(, "pad": -1})", "'pad' is -1, outside 0..65535");
  expect_layer_rejected(kConv + R"(, "pad": [1]})", "a list of 2 or 4 numbers, not [1]");
  expect_layer_rejected(kConv + R"(, "kernel": 3})", R"(unknown key "kernel")");
  expect_layer_rejected(kConv + R"(, "skip": {}})", R"(unknown key "skip")");
  expect_layer_rejected(kConv + R"(, "post": ["tanh"]})", "post step 'tanh' is neither");
  expect_layer_rejected(kConv + R"(, "post": "relu"})", "'post' must be a list of steps");
  expect_layer_rejected(kConv + R"(, "mapping": {"m": 1}})",
                        "layer 'c': mapping: lacks the required key 'n'");
  expect_layer_rejected(kConv + R"(, "width_tile": 0})", "'width_tile' is 0");
  const std::string add = R"({"name": "a", "op": "add", "inputs": ["x", "x"], "output": "y")";
  expect_layer_rejected(add + R"(, "skip": {"strides": 1}})",
                        "layer 'a': skip: unknown key \"strides\"; did you mean 'stride'?");
  expect_layer_rejected(add + R"(, "weights": "w"})", R"(unknown key "weights")");
  const std::string lstm = R"({"name": "l", "op": "lstm", "inputs": ["x", "h"], "output": "o",
                               "weights": ["a", "b"])";
  expect_layer_rejected(lstm + R"(, "hidden": 3})", "lacks the required key 'gate_order'");
}

}  // namespace
}  // namespace turnpike::traces
