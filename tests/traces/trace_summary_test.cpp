#include "traces/trace_summary.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/traces/test_files.hpp"
#include "traces/trace_file.hpp"

namespace turnpike::traces {
namespace {

TEST(TraceCheck, MacsAreTheShapeProducts) {
  const TraceSummary summary = summarize(test::residual());
  // conv1, conv 4x4x3x3 twice, grouped conv with stride 2, fc; two images
  EXPECT_EQ(summary.layers[0].macs, 2 * 4 * 8 * 8 * 3 * 3 * 3);
  EXPECT_EQ(summary.layers[2].macs, 2 * 4 * 8 * 8 * 4 * 3 * 3);
  EXPECT_EQ(summary.layers[6].macs, 2 * 8 * 4 * 4 * 2 * 3 * 3);
  EXPECT_EQ(summary.layers[12].name, "fc");
  EXPECT_EQ(summary.layers[12].macs, 2 * 5 * 64);
  EXPECT_EQ(summary.macs, 13824 + 2 * 18432 + 4608 + 640);
  EXPECT_EQ(summarize(read_trace(test::sample("tiny_lstm.npz"))).macs, 4 * (6 + 5) * 4 * 5);
  EXPECT_EQ(summarize(read_trace(test::sample("tiny_gru"))).macs, 3 * (4 + 4) * 3 * 4);
}

TEST(TraceCheck, BitsZerosAndHighwayTensorsAreListed) {
  const TraceSummary summary = summarize(test::residual());
  EXPECT_EQ(summary.tensors, 24U);
  EXPECT_EQ(summary.tensors_of_bits,
            (std::map<int, std::size_t>{{2, 4}, {3, 1}, {4, 2}, {6, 1}, {8, 4}}));
  EXPECT_EQ(summary.float_tensors, 12U);
  EXPECT_THAT(summary.highway_tensors, testing::ElementsAre("conv1.y", "b1.out", "b2.out"));
  EXPECT_TRUE(summary.notes.empty());
  EXPECT_EQ(summary.layers[2].weight_bits, 2);
  EXPECT_EQ(summary.layers[2].input_bits, 2);
  EXPECT_FALSE(summary.layers[1].weight_bits.has_value());
  EXPECT_FALSE(summary.layers[1].input_zeros.has_value());
}

TEST(TraceCheck, ZeroMeansRealZero) {
  TensorEntry tensor{{.name = "x", .bits = 2}, Tensor{{4}, std::vector<std::uint8_t>{0, 1, 1, 3}}};
  EXPECT_EQ(zero_fraction(tensor), 0.25);
  tensor.zero_point = 1;
  EXPECT_EQ(zero_fraction(tensor), 0.5);
  tensor.zero_point = 1.5;
  EXPECT_EQ(zero_fraction(tensor), 0.0);
}

TEST(TraceCheck, SlipsOfTheExporterAreNoted) {
  Trace trace = test::residual();
  trace.tensor("b1.out").highway = false;
  trace.layers[4].skip->highway = false;
  EXPECT_THAT(
      summarize(trace).notes,
      testing::ElementsAre(
          "layer 'b1.add': its input 'conv1.y' is marked as highway, but the skip is not; the "
          "tensor decides",
          "layer 'b2.add': the skip is on the highway, but its input 'b1.out' is not marked so"));
  trace.highway.enabled = false;
  EXPECT_THAT(summarize(trace).notes, testing::IsEmpty());
}

TEST(TraceCheck, AHighwayWithoutTensorsIsNoted) {
  Trace trace = test::residual();
  for (const char* name : {"conv1.y", "b1.out", "b2.out"}) {
    trace.tensor(name).highway = false;
  }
  for (LayerEntry& layer : trace.layers) {
    layer.skip.reset();
  }
  EXPECT_THAT(summarize(trace).notes,
              testing::ElementsAre("the trace has a highway of 8 bits, but no tensor that a layer "
                                   "reads or writes is marked as highway: it will cost nothing"));
  Trace lstm = read_trace(test::sample("tiny_lstm.npz"));
  lstm.tensor("h").highway = false;
  EXPECT_THAT(summarize(lstm).notes,
              testing::ElementsAre("layer 'lstm0' is on the highway, but its output 'h' is not "
                                   "marked so"));
}

TEST(TraceCheck, DigestsTellTracesApart) {
  const Trace trace = test::residual();
  EXPECT_EQ(trace_digest(trace), trace_digest(test::residual()));
  EXPECT_EQ(trace_digest(trace).size(), 16U);
  Trace other = trace;
  other.tensor("b1.q1").scale = {0.5};
  EXPECT_NE(trace_digest(other), trace_digest(trace));
  other = trace;
  auto codes = other.tensor("b1.q1").data.converted<std::uint8_t>();
  codes[0] = static_cast<std::uint8_t>(codes[0] ^ 1U);
  other.tensor("b1.q1").data = Tensor{other.tensor("b1.q1").data.shape(), codes};
  EXPECT_NE(trace_digest(other), trace_digest(trace));
}

}  // namespace
}  // namespace turnpike::traces
