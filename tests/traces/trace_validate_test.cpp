#include "traces/trace_validate.hpp"

#include <algorithm>
#include <functional>
#include <limits>

#include <gtest/gtest.h>

#include "tests/traces/test_files.hpp"
#include "traces/trace_file.hpp"

namespace turnpike::traces {
namespace {

using Change = std::function<void(Trace&)>;

const Trace& recurrent() {
  static const Trace kTrace = read_trace(test::sample("tiny_lstm.npz"));
  return kTrace;
}

/// A valid trace, changed in one place, is rejected with this message.
void expect_invalid(Trace trace, const Change& change, std::string_view part) {
  SCOPED_TRACE(part);
  change(trace);
  test::expect_file_error([&] { validate_trace(trace, {"t.npz"}); }, part);
}

void expect_invalid(const Change& change, std::string_view part) {
  expect_invalid(test::residual(), change, part);
}

LayerEntry& layer(Trace& trace, const std::string& name) {
  for (LayerEntry& entry : trace.layers) {
    if (entry.name == name) {
      return entry;
    }
  }
  throw std::logic_error{"no layer " + name};
}

Tensor floats(const TensorShape& shape) {
  return Tensor{shape, std::vector<float>(static_cast<std::size_t>(element_count(shape)))};
}

Tensor bytes(const TensorShape& shape) {
  return Tensor{shape, std::vector<std::uint8_t>(static_cast<std::size_t>(element_count(shape)))};
}

/// Replaces element `index` of an int8 or uint8 tensor.
void set_code(Trace& trace, const std::string& name, std::size_t index, std::int16_t code) {
  Tensor& data = trace.tensor(name).data;
  auto values = data.converted<std::int16_t>();
  values.at(index) = code;
  data = Tensor{data.shape(), values};
}

TEST(TraceValidate, TheSamplesAreValid) {
  validate_trace(test::residual(), {"t.npz"});
  validate_trace(recurrent(), {"t.npz"});
  validate_trace(read_trace(test::sample("tiny_gru")), {"t.npz"});
}

TEST(TraceValidate, CodesOutsideTheirBitsNameTensorIndexAndValue) {
  expect_invalid([](Trace& t) { set_code(t, "b1.conv1.w", 17, 5); },
                 "t.npz: tensor 'b1.conv1.w': code 5 at index 17 is outside 2 bits (-2..1)");
  expect_invalid([](Trace& t) { set_code(t, "b1.q1", 3, -1); },
                 "tensor 'b1.q1': code -1 at index 3 is outside 2 bits (0..3)");
  expect_invalid([](Trace& t) { set_code(t, "b1.q1", 511, 4); }, "code 4 at index 511");
  expect_invalid([](Trace& t) { t.tensor("conv1.y").bits = 2; }, "is outside 2 bits (-2..1)");
}

TEST(TraceValidate, CodesOfAllWidthsKeepTheirRange) {
  TensorEntry tensor{{.name = "x", .bits = 1}, bytes({4})};
  for (int bits = 1; bits <= 32; ++bits) {
    tensor.bits = bits;
    for (const bool is_signed : {false, true}) {
      tensor.is_signed = is_signed;
      const std::int64_t high = (std::int64_t{1} << (is_signed ? bits - 1 : bits)) - 1;
      const std::int64_t low = is_signed ? -high - 1 : 0;
      tensor.data = Tensor{{2}, std::vector<std::int64_t>{low, high}};
      validate_tensor(tensor, {"t.npz"});
      for (const std::int64_t code : {low - 1, high + 1}) {
        tensor.data = Tensor{{2}, std::vector<std::int64_t>{low, code}};
        EXPECT_THROW(validate_tensor(tensor, {"t.npz"}), FileError) << bits;
      }
    }
  }
}

/// What the reader refuses in the text, the writer's check refuses before it is written.
TEST(TraceValidate, AKindHasTheScaleThatItSays) {
  const std::string floating = "kind float holds real values";
  std::string name;
  const Trace trace = test::residual();
  for (const TensorEntry& tensor : trace.tensors()) {
    if (tensor.is_float()) {
      name = tensor.name;
    }
  }
  ASSERT_FALSE(name.empty());
  expect_invalid([&](Trace& t) { t.tensor(name).scale = {0.5}; }, floating);
  expect_invalid([&](Trace& t) { t.tensor(name).bits = 16; }, floating);
  expect_invalid([&](Trace& t) { t.tensor(name).zero_point = 1.0; }, floating);
  expect_invalid(
      [](Trace& t) {
        t.tensor("b1.conv1.w").kind = TensorKind::midrise;
        t.tensor("b1.conv1.w").zero_point = 0.0;
      },
      "kind midrise has zero_point -0.5, not 0");
}

TEST(TraceValidate, ElementTypesMustMatchTheKind) {
  expect_invalid(
      [](Trace& t) {
        t.tensor("b1.q1").data = floats({2, 4, 8, 8});
      },
      "tensor 'b1.q1': codes of 2 bits are stored as float32");
  expect_invalid(
      [](Trace& t) {
        t.tensor("input").data = bytes({2, 3, 8, 8});
      },
      "tensor 'input': kind float, but stored as uint8");
}

TEST(TraceValidate, ScalesAndZeroPointsAreChecked) {
  expect_invalid([](Trace& t) { t.tensor("b1.q1").scale = {std::nan("")}; },
                 "tensor 'b1.q1': scale nan is not a positive finite number");
  expect_invalid([](Trace& t) { t.tensor("b1.q1").scale = {0.0}; }, "scale 0 is not");
  expect_invalid(
      [](Trace& t) {
        t.tensor("b1.q1").scale = {1.0, 2.0};
      },
      "2 scales without an axis");
  expect_invalid([](Trace& t) { t.tensor("b2.conv.w").scale.pop_back(); },
                 "7 scales for axis 0 of shape [8, 2, 3, 3]");
  expect_invalid([](Trace& t) { t.tensor("b2.conv.w").axis = 4; }, "axis 4 of a tensor of shape");
  expect_invalid([](Trace& t) { t.tensor("b1.q1").zero_point = 1e20; }, "is beyond 2^32");
}

TEST(TraceValidate, ScalesAreNormalNumbersOfFloat32) {
  for (const double scale : {5e-324, 1e-38, 2e38, 1e308}) {
    expect_invalid([scale](Trace& t) { t.tensor("b1.q1").scale = {scale}; },
                   "(2^-126..2^127): its products with codes and other scales would overflow");
  }
  Trace trace = test::residual();
  trace.tensor("b1.q1").scale = {kMinScale};
  validate_trace(trace, {"t.npz"});
  trace.tensor("b1.q1").scale = {kMaxScale};
  validate_trace(trace, {"t.npz"});
}

TEST(TraceValidate, NetworksAndLayersHaveNames) {
  expect_invalid([](Trace& t) { t.network.clear(); }, "the network's name is empty");
  expect_invalid([](Trace& t) { t.layers[3].name.clear(); },
                 "the name of layer 3 (from 0) is empty");
}

TEST(TraceValidate, HighwayTensorsHaveTheWidthTheHighwayDeclares) {
  const auto bits = [](int width) { return [width](Trace& t) { t.highway.bits = width; }; };
  expect_invalid(bits(4),
                 "tensor 'conv1.y': is marked as highway, but has 8 bits; highway.bits "
                 "is 4");
  expect_invalid(bits(31), "has 8 bits; highway.bits is 31");
  expect_invalid(bits(32), "has 8 bits; highway.bits is 32, which is kind float");
  expect_invalid(
      recurrent(), [](Trace& t) { t.highway.bits = 16; }, "is marked as highway, but has 8 bits");
  expect_invalid([](Trace& t) { t.tensor("b1.conv2.y").highway = true; },
                 "tensor 'b1.conv2.y': is marked as highway, but of kind float; highway.bits is 8");
}

TEST(TraceValidate, AHighwayIsAsWideAsTheCodesTakenFromIt) {
  Trace trace = test::residual();  // b1.q1 and b2.q1 take codes of conv1.y and b1.out
  trace.highway.bits = 4;
  trace.tensor("b2.out").highway = false;
  trace.tensor("b1.q1").bits = 8;
  trace.tensor("b2.q1").bits = 8;
  validate_trace(trace, {"t.npz"});
  trace.tensor("b2.q1").bits = 6;
  test::expect_file_error([&] { validate_trace(trace, {"t.npz"}); },
                          "tensor 'b1.out': is marked as highway, but has 8 bits");
}

TEST(TraceValidate, WithoutHighwayMarksMeanNothing) {
  Trace trace = test::residual();
  trace.highway.bits = 31;
  trace.highway.enabled = false;
  validate_trace(trace, {"t.npz"});
}

TEST(TraceValidate, RealValuesMustBeFinite) {
  expect_invalid(
      [](Trace& t) {
        auto values = t.tensor("conv1.bias").data.converted<float>();
        values[2] = std::numeric_limits<float>::infinity();
        t.tensor("conv1.bias").data = Tensor{{4}, values};
      },
      "tensor 'conv1.bias': value inf at index 2 is not finite");
}

TEST(TraceValidate, EmptyTensorsAndReservedNamesAreRejected) {
  expect_invalid(
      [](Trace& t) {
        t.tensor("b1.q1").data = bytes({2, 0, 8, 8});
      },
      "tensor 'b1.q1': shape [2, 0, 8, 8]");
  expect_invalid(
      [](Trace& t) {
        t.add_tensor({{.name = "__trace__"}, bytes({1})});
      },
      "can't have this name");
}

TEST(TraceValidate, UnknownTensorsAreNamedWithASuggestion) {
  expect_invalid(
      [](Trace& t) { layer(t, "b1.conv1").inputs = {"b1.q9"}; },
      "layer 'b1.conv1': inputs names the unknown tensor 'b1.q9'; did you mean 'b1.q1'?");
  expect_invalid([](Trace& t) { layer(t, "b1.conv1").weights = {"b1.conv.w"}; },
                 "weights names the unknown tensor 'b1.conv.w'");
  expect_invalid([](Trace& t) { layer(t, "b1.conv1").post[0].tensor = "x.scale"; },
                 "post names the unknown tensor 'x.scale'");
  expect_invalid([](Trace& t) { layer(t, "fc").output = "z"; }, "output names the unknown");
  expect_invalid(
      recurrent(), [](Trace& t) { t.layers[0].recurrent->bias = "b"; },
      "layer 'lstm0': bias names the unknown tensor 'b'");
  expect_invalid(
      recurrent(), [](Trace& t) { t.layers[0].recurrent->gates = "g"; },
      "gates names the unknown tensor 'g'");
}

TEST(TraceValidate, OrderAndProducersAreChecked) {
  expect_invalid([](Trace& t) { std::swap(t.layers[1], t.layers[2]); },
                 "layer 'b1.conv1': input 'b1.q1' is used before layer 'b1.quant' produces it");
  expect_invalid([](Trace& t) { layer(t, "b1.add").inputs[1] = "b1.out"; },
                 "layer 'b1.add': input 'b1.out' is used before layer 'b1.add' produces it");
  expect_invalid([](Trace& t) { layer(t, "b1.conv2").output = "b1.q2"; },
                 "layer 'b1.conv2': output 'b1.q2' is also written by layer 'b1.conv1'");
  expect_invalid([](Trace& t) { layer(t, "fc").weights[0] = "conv1.y"; },
                 "weights 'conv1.y' is the output of layer 'conv1', not a constant");
  expect_invalid(
      recurrent(), [](Trace& t) { t.layers[0].recurrent->cell = "h"; },
      "cell 'h' is also written by layer 'lstm0'");
}

TEST(TraceValidate, BatchAndLayoutAreChecked) {
  expect_invalid(
      [](Trace& t) { t.batch = 3; },
      "layer 'conv1': tensor 'input' has shape [2, 3, 8, 8], but the trace's batch is 3");
  expect_invalid(
      recurrent(), [](Trace& t) { t.batch = 2; }, "layout TC holds one sequence");
  expect_invalid(
      recurrent(),
      [](Trace& t) {
        t.layout = "NCHW";
        t.batch = 4;
      },
      "layer 'lstm0': op lstm needs layout TC, not NCHW");
  expect_invalid([](Trace& t) { t.layers.clear(); }, "the trace has no layers");
}

TEST(TraceValidate, NumbersOfInputsAndWeightsAreChecked) {
  expect_invalid([](Trace& t) { layer(t, "conv1").inputs.push_back("input"); },
                 "layer 'conv1': op conv takes 1 input, not 2");
  expect_invalid([](Trace& t) { layer(t, "b1.add").inputs.pop_back(); },
                 "op add takes 2 inputs, not 1");
  expect_invalid([](Trace& t) { layer(t, "both").inputs.pop_back(); },
                 "op concat takes at least 2 inputs, not 1");
  expect_invalid([](Trace& t) { layer(t, "conv1").weights.push_back("conv1.w"); },
                 "op conv takes 1 weight tensor, not 2");
  expect_invalid(
      recurrent(), [](Trace& t) { t.layers[0].weights.pop_back(); },
      "op lstm takes 2 weight tensors, not 1");
}

TEST(TraceValidate, ConvolutionShapesAreChecked) {
  expect_invalid(
      [](Trace& t) {
        layer(t, "b1.conv1").stride = {2, 1};
      },
      "layer 'b1.conv1': tensor 'b1.q2' has shape [2, 4, 8, 8], expected [2, 4, 4, 8]");
  expect_invalid(
      [](Trace& t) {
        layer(t, "b1.conv1").pad = {1, 0, 1, 1};
      },
      "expected [2, 4, 8, 7]");
  expect_invalid([](Trace& t) { layer(t, "b2.conv").groups = 1; },
                 "weights 'b2.conv.w' of shape [8, 2, 3, 3] in 1 group do not match input 'b2.q1' "
                 "of 4 channels");
  expect_invalid(
      [](Trace& t) {
        layer(t, "b1.conv1").groups = 4;
        t.tensor("b1.conv1.w").data = bytes({6, 1, 3, 3});
      },
      "in 4 groups do not match");
  expect_invalid(
      [](Trace& t) {
        t.tensor("b1.conv1.w").data = bytes({4, 4, 9});
      },
      "tensor 'b1.conv1.w' has shape [4, 4, 9], expected [filters, channels / groups");
  expect_invalid(
      [](Trace& t) {
        t.tensor("b1.conv1.w").data = bytes({4, 4, 11, 3});
      },
      "a window of 11 does not fit 8 values padded by 1 and 1");
}

TEST(TraceValidate, FcAndRecurrentShapesAreChecked) {
  expect_invalid(
      [](Trace& t) {
        t.tensor("fc.w").data = bytes({5, 63});
      },
      "weights 'fc.w' of shape [5, 63] do not match input 'both.q' of 64 values");
  expect_invalid(
      [](Trace& t) {
        t.tensor("fc.y").data = floats({2, 6});
      },
      "tensor 'fc.y' has shape [2, 6], expected [2, 5]");
  const auto expect = [](const Change& change, std::string_view part) {
    expect_invalid(recurrent(), change, part);
  };
  expect(
      [](Trace& t) {
        t.tensor("Wx").data = bytes({6, 19});
      },
      "expected [6, 20] ([inputs, gates");
  expect([](Trace& t) { t.tensor("Wh").data = bytes({6, 20}); }, "expected [5, 20]");
  expect([](Trace& t) { t.tensor("x.q").data = bytes({5, 6}); }, "expected [4, 6]");
  expect([](Trace& t) { t.tensor("h_prev.q").data = bytes({4, 6}); }, "expected [4, 5]");
  expect([](Trace& t) { t.tensor("bias").data = floats({21}); }, "expected [20]");
  expect([](Trace& t) { t.tensor("preact").data = floats({4, 5}); }, "expected [4, 20]");
  expect([](Trace& t) { t.tensor("gates").data = floats({4, 5}); }, "expected [4, 20]");
  expect([](Trace& t) { t.tensor("c").data = bytes({4, 20}); }, "expected [4, 5]");
  expect([](Trace& t) { t.tensor("h").data = bytes({4, 4}); }, "expected [4, 5]");
  expect([](Trace& t) { t.layers[0].recurrent->hidden = 4; }, "expected [4, 4]");
  expect([](Trace& t) { t.layers[0].recurrent->steps = 5; }, "expected [5, 6]");
  for (const std::string order : {"f,g,i", "f,g,i,f", "fgio", "f,g,io,", "r,z,n", "", ",,,,,,,"}) {
    expect([&](Trace& t) { t.layers[0].recurrent->gate_order = order; },
           "gate_order '" + order + "' is no permutation of 'f,g,i,o'");
  }
  expect(
      [](Trace& t) {
        t.layers[0].post = {{PostStep::Kind::relu, ""}};
      },
      "op lstm takes no post steps");
}

TEST(TraceValidate, AddOperandsMustMatchAfterTheSkip) {
  expect_invalid([](Trace& t) { layer(t, "b2.add").skip->stride = 1; },
                 "input 'b1.out' of shape [2, 4, 8, 8] with skip stride 1 and channel_pad 2 does "
                 "not match input 'b2.conv.y' of shape [2, 8, 4, 4]");
  expect_invalid([](Trace& t) { layer(t, "b2.add").skip->channel_pad = 3; }, "channel_pad 3");
  expect_invalid([](Trace& t) { layer(t, "b2.add").skip.reset(); }, "channel_pad 0");
  Trace appended = test::residual();  // 4 + 4 channels: the zeros go to the end
  layer(appended, "b2.add").skip->channel_pad = 4;
  validate_trace(appended, {"t.npz"});
}

TEST(TraceValidate, PoolConcatMulAndQuantizeShapesAreChecked) {
  expect_invalid([](Trace& t) { layer(t, "max").stride = {1, 1}; }, "expected [2, 8, 4, 4]");
  expect_invalid(
      [](Trace& t) {
        layer(t, "max").pad = {3, 0, 0, 0};
      },
      "pad must be less than the kernel (3 x 3)");
  expect_invalid(
      [](Trace& t) {
        t.tensor("global.y").data = floats({2, 8, 2});
      },
      "expected [2, 8] (a global pool)");
  expect_invalid([](Trace& t) { layer(t, "both").inputs[1] = "b2.out"; },
                 "differ beyond the channels");
  expect_invalid([](Trace& t) { layer(t, "both").inputs.push_back("max.q"); },
                 "expected [2, 24, 2, 2] (the channels of all inputs)");
  expect_invalid([](Trace& t) { layer(t, "product").inputs[1] = "b2.out"; },
                 "expected [2, 8, 2, 2] (the shape of the first input)");
  expect_invalid(
      [](Trace& t) {
        t.tensor("b1.q1").data = bytes({2, 4, 8, 7});
      },
      "layer 'b1.quant': tensor 'b1.q1' has shape [2, 4, 8, 7]");
}

TEST(TraceValidate, PostStepsAreChecked) {
  const PostStep quantize{PostStep::Kind::quantize, ""};
  expect_invalid([](Trace& t) { t.tensor("b1.conv1.scale").data = floats({5}); },
                 "layer 'b1.conv1': post tensor 'b1.conv1.scale' has shape [5], expected [4]");
  expect_invalid(
      [&](Trace& t) {
        layer(t, "b1.conv1").post.insert(layer(t, "b1.conv1").post.begin(), quantize);
      },
      "post steps after quantize");
  expect_invalid([&](Trace& t) { layer(t, "b1.conv2").post = {quantize}; },
                 "post says quantize, but output 'b1.conv2.y' is of kind float");
  expect_invalid([](Trace& t) { layer(t, "b1.conv1").post.pop_back(); },
                 "output 'b1.q2' holds codes, but post does not end in quantize");
  expect_invalid([&](Trace& t) { layer(t, "b1.quant").post = {quantize}; },
                 "op quantize takes no post steps");
  expect_invalid([](Trace& t) { t.tensor("max.q").scale = {0.125}; },
                 "layer 'max': output 'max.q' holds codes, but post does not end in quantize");
  expect_invalid(
      [](Trace& t) {
        t.add_tensor({{.name = "z.bias", .is_signed = true}, bytes({4})});
        layer(t, "b1.conv1").post[1].tensor = "z.bias";
      },
      "post tensor 'z.bias' must be of kind float");
}

TEST(TraceValidate, AnAffineLayerHasTheExtentsOfItsInputAndPostSteps) {
  Trace trace = test::residual();
  const auto quant = std::find_if(trace.layers.begin(), trace.layers.end(),
                                  [](const LayerEntry& each) { return each.name == "b1.quant"; });
  ASSERT_NE(quant, trace.layers.end());
  quant->op = Op::affine;
  expect_invalid(
      trace, [](Trace&) {}, "output 'b1.q1' holds codes, but post does not end");
  quant->post = {{PostStep::Kind::relu, ""}, {PostStep::Kind::quantize, ""}};
  validate_trace(trace, {"t.npz"});
  expect_invalid(
      trace,
      [](Trace& t) {
        t.tensor("b1.q1").data = bytes({2, 4, 8, 7});
      },
      "layer 'b1.quant': tensor 'b1.q1' has shape [2, 4, 8, 7]");
}

TEST(TraceValidate, OperandsOfProductsAreChecked) {
  expect_invalid([](Trace& t) { t.tensor("b2.q1").zero_point = 3.5; },
                 "layer 'b2.conv': input 'b2.q1' is padded, but its zero_point 3.5 is fractional");
  expect_invalid([](Trace& t) { t.tensor("b2.conv.w").zero_point = 0.25; },
                 "weights 'b2.conv.w' have the fractional zero_point 0.25");
  expect_invalid(
      [](Trace& t) {
        t.tensor("b2.conv.w").axis = 2;
        t.tensor("b2.conv.w").scale = {1, 2, 3};
      },
      "weights 'b2.conv.w' have scales along axis 2; the outputs run along axis 0");
  expect_invalid(
      [](Trace& t) {
        t.tensor("b1.q1").axis = 1;
        t.tensor("b1.q1").scale = {1, 2, 3, 4};
      },
      "tensor 'b1.q1' has a scale per index of axis 1; only weights may");
  expect_invalid(
      [](Trace& t) {
        t.tensor("b1.q1").bits = 32;
        t.tensor("b1.conv1.w").bits = 32;
      },
      "36 products of 32 by 32 bits can overflow a 63-bit accumulator");
}

}  // namespace
}  // namespace turnpike::traces
