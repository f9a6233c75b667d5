#include "sim/accelerator/mismatch.hpp"

#include <cmath>
#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pe/array_kinds.hpp"
#include "sim/accelerator/operands.hpp"
#include "sim/accelerator/output_comparison.hpp"
#include "sim/accelerator/stage.hpp"
#include "tests/sim/accelerator/small_machine.hpp"
#include "traces/trace_validate.hpp"

namespace turnpike::accelerator {
namespace {

using traces::LayerEntry;
using traces::Op;
using traces::PostStep;
using traces::TensorEntry;
using traces::TensorKind;
using traces::Trace;

constexpr std::int64_t kChannels = 4;
constexpr std::int64_t kSide = 6;
constexpr std::int64_t kKernel = 3;

std::size_t at(std::int64_t value) {
  return static_cast<std::size_t>(value);
}

/// How a producer of this test computes: by its own loops, apart from the program's.
struct Producer {
  std::function<double(double)> round = [](double v) { return std::nearbyint(v); };
  bool single = false, bias_first = false, relu = true;
  std::function<std::int64_t(std::int64_t m, std::int64_t c, std::int64_t r, std::int64_t s)>
      place = [](std::int64_t m, std::int64_t c, std::int64_t r, std::int64_t s) {
        return ((m * kChannels + c) * kKernel + r) * kKernel + s;
      };
};

TensorEntry codes(const char* name, int bits, double scale, TensorShape shape,
                  std::vector<std::int8_t> values) {
  TensorEntry entry;
  entry.name = name;
  entry.bits = bits;
  entry.scale = {scale};
  entry.is_signed = true;
  entry.data = Tensor{std::move(shape), std::move(values)};
  return entry;
}

TensorEntry reals(const char* name, std::vector<float> values) {
  TensorEntry entry;
  entry.name = name;
  entry.kind = TensorKind::floating;
  entry.data = Tensor{{static_cast<std::int64_t>(values.size())}, std::move(values)};
  return entry;
}

std::vector<std::int8_t> pattern(std::int64_t count, int step, int range) {
  std::vector<std::int8_t> out(at(count));
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = static_cast<std::int8_t>(static_cast<int>(i * i + at(step) * i) % range - range / 2);
  }
  return out;
}

const std::vector<float> kScale = {0.5F, 0.25F, 1.5F, 0.75F};
const std::vector<float> kBias = {0.375F, -1.25F, 2.0F, 0.5F};
constexpr double kFactor = 0.25 * 0.5;  // scales of x and w
constexpr double kOutput = 0.25;

/// Codes of a 3 x 3 convolution with scale, bias and ReLU, as this producer makes them.
std::vector<std::int8_t> produced(const Producer& how, const std::vector<std::int8_t>& x,
                                  const std::vector<std::int8_t>& w) {
  constexpr std::int64_t kOut = kSide - kKernel + 1;
  std::vector<std::int8_t> out;
  const auto cut = [&how](double v) {
    return how.single ? static_cast<double>(static_cast<float>(v)) : v;
  };
  for (std::int64_t m = 0; m < kChannels; ++m) {
    for (std::int64_t e = 0; e < kOut; ++e) {
      for (std::int64_t f = 0; f < kOut; ++f) {
        std::int64_t sum = 0;
        for (std::int64_t c = 0; c < kChannels; ++c) {
          for (std::int64_t r = 0; r < kKernel; ++r) {
            for (std::int64_t s = 0; s < kKernel; ++s) {
              sum += std::int64_t{x[at((c * kSide + e + r) * kSide + f + s)]} *
                     w[at(how.place(m, c, r, s))];
            }
          }
        }
        const auto scale = static_cast<double>(kScale[at(m)]);
        const auto bias = static_cast<double>(kBias[at(m)]);
        double v = cut(static_cast<double>(sum) * kFactor);
        v = how.bias_first ? cut(cut(v + bias) * scale) : cut(cut(v * scale) + bias);
        v = how.relu ? std::max(v, 0.0) : v;
        v = std::min(std::max(how.round(cut(v / kOutput)), -128.0), 127.0);
        out.push_back(static_cast<std::int8_t>(v));
      }
    }
  }
  return out;
}

Trace trace_by(const Producer& how) {
  constexpr std::int64_t kOut = kSide - kKernel + 1;
  const auto x = pattern(kChannels * kSide * kSide, 3, 9);
  const auto w = pattern(kChannels * kChannels * kKernel * kKernel, 5, 7);
  Trace trace;
  trace.network = "produced";
  trace.add_tensor(codes("x", 8, 0.25, {1, kChannels, kSide, kSide}, x));
  trace.add_tensor(codes("w", 8, 0.5, {kChannels, kChannels, kKernel, kKernel}, w));
  trace.add_tensor(reals("a.scale", kScale));
  trace.add_tensor(reals("a.bias", kBias));
  trace.add_tensor(codes("y", 8, kOutput, {1, kChannels, kOut, kOut}, produced(how, x, w)));
  LayerEntry layer;
  layer.name = "a";
  layer.op = Op::conv;
  layer.inputs = {"x"};
  layer.weights = {"w"};
  layer.output = "y";
  layer.post = {{PostStep::Kind::scale, "a.scale"},
                {PostStep::Kind::bias, "a.bias"},
                {PostStep::Kind::relu, ""},
                {PostStep::Kind::quantize, ""}};
  trace.layers.push_back(layer);
  traces::validate_trace(trace, {"t.npz"});
  return trace;
}

/// Sums of a trace's first layer by the program.
ArrayPsums psums_of(const Trace& trace, const ArrayJob& job) {
  const JobOperands operands = make_operands(trace, trace.layers[0], job);
  return {{array_psums(*pe::make_array_model(test::small_machine()), operands, job.floating)},
          {weight_sums(operands)}};
}

std::string cause_of(const Trace& trace) {
  const Plan plan = make_plan(trace, test::small_machine());
  const ArrayJob& job = plan.stages[0].jobs[0];
  const ArrayPsums psums = psums_of(trace, job);
  const auto outputs = post_process(trace, trace.layers[0], psums);
  EXPECT_GT(compare_output(trace.tensor("y"), outputs[0].values).differing, 0U);
  return likely_cause(trace, trace.layers[0], psums, *pe::make_array_model(test::small_machine()),
                      &job);
}

TEST(Mismatch, ATraceByTheFormatHasNoDifference) {
  const Trace trace = trace_by({});
  const Plan plan = make_plan(trace, test::small_machine());
  const auto outputs =
      post_process(trace, trace.layers[0], psums_of(trace, plan.stages[0].jobs[0]));
  EXPECT_EQ(compare_output(trace.tensor("y"), outputs[0].values).differing, 0U);
}

TEST(Mismatch, OtherRoundingsAreRecognised) {
  Producer how;
  how.round = [](double v) { return std::floor(v + 0.5); };
  EXPECT_EQ(cause_of(trace_by(how)), "it rounds halves up, not to even");
  how.relu = true;
  how.round = [](double v) { return std::floor(v); };
  EXPECT_THAT(cause_of(trace_by(how)), testing::AnyOf("it rounds down instead of to the nearest",
                                                      "it cuts fractions off instead of rounding"));
}

TEST(Mismatch, ScaleAndBiasInTheOtherOrderAreRecognised) {
  Producer how;
  how.bias_first = true;
  EXPECT_EQ(cause_of(trace_by(how)), "it applies 'a.bias' before 'a.scale'");
}

TEST(Mismatch, AMissingReluIsRecognised) {
  Producer how;
  how.relu = false;
  EXPECT_EQ(cause_of(trace_by(how)), "it leaves relu out");
}

TEST(Mismatch, TransposedKernelsAreRecognised) {
  Producer how;
  how.place = [](std::int64_t m, std::int64_t c, std::int64_t r, std::int64_t s) {
    return ((m * kChannels + c) * kKernel + s) * kKernel + r;
  };
  EXPECT_THAT(cause_of(trace_by(how)), testing::StartsWith("rows and columns of its kernels"));
  how.place = [](std::int64_t m, std::int64_t c, std::int64_t r, std::int64_t s) {
    return ((m * kChannels + c) * kKernel + kKernel - 1 - r) * kKernel + kKernel - 1 - s;
  };
  EXPECT_THAT(cause_of(trace_by(how)),
              testing::StartsWith("its kernels are turned by 180 degrees"));
  how.place = [](std::int64_t m, std::int64_t c, std::int64_t r, std::int64_t s) {
    return ((c * kChannels + m) * kKernel + r) * kKernel + s;
  };
  EXPECT_THAT(cause_of(trace_by(how)),
              testing::StartsWith("inputs and outputs of its weights are exchanged"));
}

TEST(Mismatch, ATransposedOutputIsRecognised) {
  Trace trace = trace_by({});
  const auto from = trace.tensor("y").data.converted<std::int8_t>();
  auto turned = from;
  constexpr std::int64_t kOut = kSide - kKernel + 1;
  for (std::int64_t c = 0; c < kChannels; ++c) {
    for (std::int64_t y = 0; y < kOut; ++y) {
      for (std::int64_t x = 0; x < kOut; ++x) {
        turned[at((c * kOut + x) * kOut + y)] = from[at((c * kOut + y) * kOut + x)];
      }
    }
  }
  trace.tensor("y").data = Tensor{{1, kChannels, kOut, kOut}, turned};
  EXPECT_EQ(cause_of(trace), "rows and columns of its output are exchanged");
}

/// One value of `sum` stored with this scale: the border of two codes is where it is wanted.
Trace one_value(double scale, float bias, std::int8_t code) {
  Trace trace;
  trace.network = "one";
  trace.add_tensor(codes("x", 8, 1.0, {1, 1}, {3}));
  trace.add_tensor(codes("w", 8, 0.1, {1, 1}, {1}));
  trace.add_tensor(reals("a.bias", {bias}));
  trace.add_tensor(codes("y", 8, scale, {1, 1}, {code}));
  LayerEntry layer;
  layer.name = "a";
  layer.op = Op::fc;
  layer.inputs = {"x"};
  layer.weights = {"w"};
  layer.output = "y";
  layer.post = {{PostStep::Kind::bias, "a.bias"}, {PostStep::Kind::quantize, ""}};
  trace.layers.push_back(layer);
  return trace;
}

TEST(Mismatch, Float32IsRecognisedByCodesOffByOneBesideABorder) {
  // 3 * 0.1 + 0.05 = 0.35000000000000003 in double is above 3.5 * 0.1; a sum a little smaller is
  // below.
  EXPECT_THAT(cause_of(one_value(0.1, 0.05F, 3)),
              testing::StartsWith("it computes in float32 where the format asks for double"));
}

TEST(Mismatch, WhatNothingExplainsHasNoCause) {
  EXPECT_EQ(cause_of(one_value(0.1, 0.25F, 4)), "");
}

TEST(Mismatch, TheFirstDifferenceTellsExpectedGotAndHowMany) {
  Trace trace = trace_by({});
  const std::vector<double> right = trace.tensor("y").data.converted<double>();
  std::vector<double> values = right;
  values[17] += 1.0;
  values[20] -= 1.0;
  Checks checks;
  note_comparison(trace.layers[0], trace.tensor("y"), compare_output(trace.tensor("y"), values),
                  checks);
  EXPECT_THAT(
      checks.first_difference,
      testing::MatchesRegex("layer 'a', tensor 'y': 2 of 64 codes differ, the first at index "
                            "17 \\[0, 1, 0, 1\\]: expected -?[0-9]+, got -?[0-9]+; all by one"));
  EXPECT_EQ(checks.codes_off_by_one, 2U);
  values[20] -= 4.0;
  note_comparison(trace.layers[0], trace.tensor("y"), compare_output(trace.tensor("y"), values, 1),
                  checks);
  EXPECT_EQ(checks.codes_compared, 128U);
  EXPECT_EQ(checks.codes_differing, 4U);
  EXPECT_EQ(checks.codes_off_by_one, 3U);
  EXPECT_EQ(checks.codes_within_tolerance, 1U);
  EXPECT_EQ(checks.tensors_differing, 2U);
  EXPECT_EQ(checks.largest_code_difference, 5);
  EXPECT_EQ(checks.ofmap_bit_exact, false);
}

TEST(Mismatch, AToleranceAcceptsWhatLiesWithinItAndNothingElse) {
  Checks checks;
  checks.ofmap_bit_exact = false;
  checks.codes_differing = 2;
  checks.codes_within_tolerance = 2;
  EXPECT_FALSE(checks.all_passed());  // nobody asked for it
  checks.tolerance = 1;
  EXPECT_TRUE(checks.all_passed());
  checks.codes_within_tolerance = 1;
  EXPECT_FALSE(checks.all_passed());
}

TEST(Mismatch, AnOutputThatIsNoNumberIsNoSmallError) {
  TensorEntry reference = reals("y", {1.0F, 2.0F});
  EXPECT_GT(compare_output(reference, {std::nan(""), 2.0}).float_max_error, 1.0);
  EXPECT_GT(compare_output(reference, {INFINITY, 2.0}).float_max_error, 1.0);
}

}  // namespace
}  // namespace turnpike::accelerator
