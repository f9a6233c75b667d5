#include "models/engine.hpp"

#include <cmath>
#include <filesystem>

#include <gtest/gtest.h>

#include "sim/base/error.hpp"
#include "tests/models/naive.hpp"
#include "tests/models/replay.hpp"
#include "traces/arithmetic.hpp"
#include "traces/trace_file.hpp"

namespace turnpike::models {
namespace {

using traces::PostStep;
using traces::TensorEntry;
using traces::TensorKind;
using traces::Trace;

struct RandomLayer {
  Trace trace;
  ConvShape shape;
  std::vector<std::int64_t> x;  ///< codes
  std::vector<std::int64_t> w;
};

/// A conv with random codes: w mid-rise or uniform, the activation's zero point integral.
RandomLayer random_layer(std::uint64_t seed, int bits) {
  Random random{seed};
  RandomLayer made;
  made.shape = naive::random_shape(random);
  const ConvShape& s = made.shape;
  const bool midrise = random.integer(0, 1) == 1;
  TensorEntry x;
  x.name = "x";
  x.bits = bits;
  x.scale = {0.03};
  x.zero_point = static_cast<double>(random.integer(0, (1 << bits) - 1));
  made.x = naive::random_integers<std::int64_t>(random, s.batch * s.channels * s.rows * s.columns,
                                                0, (1 << bits) - 1);
  x.data = Tensor{{s.batch, s.channels, s.rows, s.columns},
                  std::vector<std::uint16_t>(made.x.begin(), made.x.end())};
  TensorEntry w;
  w.name = "w";
  w.bits = bits;
  w.is_signed = true;
  w.kind = midrise ? TensorKind::midrise : TensorKind::uniform;
  w.zero_point = midrise ? -0.5 : 0.0;
  w.axis = 0;
  for (std::int64_t m = 0; m < s.filters; ++m) {
    w.scale.push_back(0.01 + random.uniform());
  }
  w.scale.erase(w.scale.begin());
  made.w = naive::random_integers<std::int64_t>(random, s.filters * s.fan_in(), w.min_code(),
                                                w.max_code());
  w.data = Tensor{{s.filters, s.channels / s.groups, s.kernel_rows, s.kernel_columns},
                  std::vector<std::int16_t>(made.w.begin(), made.w.end())};
  TensorEntry y;
  y.name = "y";
  y.bits = 8;
  y.scale = {0.5};
  y.is_signed = true;
  TensorEntry bias;
  bias.name = "bias";
  bias.kind = TensorKind::floating;
  bias.data = Tensor{{s.filters}, std::vector<double>(static_cast<std::size_t>(s.filters), 0.25)};
  for (TensorEntry* entry : {&x, &w, &y, &bias}) {
    made.trace.add_tensor(*entry);
  }
  traces::LayerEntry layer;
  layer.name = "conv";
  layer.inputs = {"x"};
  layer.weights = {"w"};
  layer.output = "y";
  layer.stride = {static_cast<int>(s.stride_rows), static_cast<int>(s.stride_columns)};
  layer.pad = s.pad;
  layer.groups = static_cast<int>(s.groups);
  layer.post = {{.kind = PostStep::Kind::bias, .tensor = "bias"},
                {.kind = PostStep::Kind::quantize, .tensor = ""}};
  made.trace.layers = {layer};
  made.trace.batch = s.batch;
  return made;
}

class EngineWidths : public testing::TestWithParam<int> {};

TEST_P(EngineWidths, AccumulatorsAndCodesEqualNaiveIntegerLoops) {
  for (std::uint64_t seed = 1; seed <= 25; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed << " bits " << GetParam());
    RandomLayer made = random_layer(seed, GetParam());
    const TensorEntry& x = made.trace.tensor("x");
    const TensorEntry& w = made.trace.tensor("w");
    const bool midrise = w.kind == TensorKind::midrise;
    for (std::int64_t& code : made.x) {
      code -= static_cast<std::int64_t>(x.zero_point);
    }
    for (std::int64_t& code : made.w) {
      code = midrise ? 2 * code + 1 : code;
    }
    const std::vector<std::int64_t> sums = naive::convolve(made.shape, made.x, made.w);
    EXPECT_EQ(accumulators(made.trace, 0), sums);
    execute(made.trace);
    const Tensor& y = made.trace.tensor("y").data;
    ASSERT_EQ(y.size(), static_cast<std::int64_t>(sums.size()));
    for (std::size_t i = 0; i < sums.size(); ++i) {
      const auto m = static_cast<std::int64_t>(i) / made.shape.out_positions() % made.shape.filters;
      const double half = midrise ? 0.5 : 1.0;
      const double value = static_cast<double>(sums[i]) *
                               (x.scale[0] * w.scale[static_cast<std::size_t>(m)] * half) +
                           0.25;
      ASSERT_EQ(y.at(static_cast<std::int64_t>(i)),
                static_cast<double>(traces::quantize(value, 0.5, 0.0, -128, 127)))
          << i;
    }
  }
}
// 1..4 bits run in float, 8 partly, 16 in double.
INSTANTIATE_TEST_SUITE_P(Bits, EngineWidths, testing::Values(1, 2, 3, 4, 8, 12, 16));

TEST(Engine, SumsBeyondDoubleAreCountedInIntegers) {
  Trace trace;
  TensorEntry x;
  x.name = "x";
  x.bits = 32;
  x.data = Tensor{{1, 3}, std::vector<std::uint32_t>{0xffffffffU, 0xfffffffdU, 1U}};
  TensorEntry w = x;
  w.name = "w";
  w.bits = 28;
  w.is_signed = true;
  w.data = Tensor{{1, 3}, std::vector<std::int32_t>{0x7ffffff, -0x7fffffe, 1}};
  TensorEntry y;
  y.name = "y";
  y.kind = TensorKind::floating;
  for (const TensorEntry& entry : {x, w, y}) {
    trace.add_tensor(entry);
  }
  traces::LayerEntry layer;
  layer.op = traces::Op::fc;
  layer.inputs = {"x"};
  layer.weights = {"w"};
  layer.output = "y";
  trace.layers = {layer};
  const std::int64_t sum =
      std::int64_t{0xffffffff} * 0x7ffffff - std::int64_t{0xfffffffd} * 0x7fffffe + 1;
  EXPECT_EQ(accumulators(trace, 0), std::vector<std::int64_t>{sum});
}

TEST(Engine, AFloatLayerIsAnInternalErrorForAccumulators) {
  RandomLayer made = random_layer(1, 2);
  made.trace.tensor("x").kind = TensorKind::floating;
  EXPECT_THROW(static_cast<void>(accumulators(made.trace, 0)), InternalError);
}

TEST(Engine, ReplaysTheSampleTracesThatNumpyWrote) {
  const std::string folder = TURNPIKE_SOURCE_DIR "/traces/samples/";
  for (const char* sample : {"tiny_residual.npz", "tiny_lstm.npz", "tiny_gru"}) {
    SCOPED_TRACE(sample);
    const Replay replay = replay_layers(traces::read_trace(folder + sample));
    EXPECT_GT(replay.codes, 0);
    EXPECT_EQ(replay.differing_codes, 0) << replay.first_difference;
    EXPECT_LT(replay.float_error, 1e-5) << replay.worst_float;
  }
}

}  // namespace
}  // namespace turnpike::models
