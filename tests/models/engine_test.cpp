#include "models/engine.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>

#include <gtest/gtest.h>

#include "models/network_file.hpp"
#include "models/quantize.hpp"
#include "models/zoo.hpp"
#include "sim/base/error.hpp"
#include "sim/base/random.hpp"
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

/// The same layer with real values as its output.
Trace unrounded(Trace trace) {
  trace.tensor("y").kind = TensorKind::floating;
  trace.layers[0].post.pop_back();
  return trace;
}

class EngineWidths : public testing::TestWithParam<int> {};

TEST_P(EngineWidths, RealValuesAndCodesEqualNaiveIntegerLoops) {
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
    const Tensor y = compute_layer(made.trace, 0).at("y");
    ASSERT_EQ(y.size(), static_cast<std::int64_t>(sums.size()));
    const Tensor exact = compute_layer(unrounded(made.trace), 0).at("y");
    for (std::size_t i = 0; i < sums.size(); ++i) {
      const auto m = static_cast<std::int64_t>(i) / made.shape.out_positions() % made.shape.filters;
      const double half = midrise ? 0.5 : 1.0;
      const double value = static_cast<double>(sums[i]) *
                               (x.scale[0] * w.scale[static_cast<std::size_t>(m)] * half) +
                           0.25;
      ASSERT_EQ(exact.at(static_cast<std::int64_t>(i)), value) << i;
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
  EXPECT_EQ(compute_layer(trace, 0).at("y").at(0), static_cast<double>(sum));
}

TEST(Engine, ALayerWithoutItsInputIsAnInternalError) {
  auto [program, parameters, inputs] = random_layer(1, 2).trace.split();
  inputs.erase("x");
  EXPECT_THROW(static_cast<void>(execute(program, parameters, inputs)), InternalError);
}

Network with_input(Network network, std::uint64_t seed) {
  Random random{seed};
  std::vector<float> values(network.input().size());
  std::generate(values.begin(), values.end(),
                [&] { return static_cast<float>(4.0 * random.uniform() - 2.0); });
  network.set_input(std::move(values));
  return network;
}

class OneProgram : public testing::TestWithParam<const char*> {};

TEST_P(OneProgram, RunsManyInputsAsIfEachHadBeenQuantizedAlone) {
  const Network network =
      read_network(TURNPIKE_SOURCE_DIR "/configs/networks/" + std::string{GetParam()});
  const Calibration calibration = calibrate(network);
  const QuantizeOptions options{.weight_bits = 3, .activation_bits = 4, .highway = true};
  auto [program, parameters, values] = quantize(network, calibration, options).split();
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    const Network other = with_input(network, seed);
    const traces::Activations wanted = quantize(other, calibration, options).split().activations;
    EXPECT_NE(wanted, values);
    traces::Activations inputs = input_codes(program, other);
    EXPECT_EQ(execute(program, parameters, inputs, Keep::all), wanted) << seed;
    const traces::Activations outputs = execute(program, parameters, std::move(inputs));
    const std::string& last = program.layers.back().output;
    EXPECT_EQ(outputs.size(), 1U);
    EXPECT_EQ(outputs.at(last), wanted.at(last));
  }
}
INSTANTIATE_TEST_SUITE_P(Networks, OneProgram,
                         testing::Values("residual_example.yaml", "lstm_example.yaml"));

TEST(Engine, ARunThatKeepsItsOutputsHoldsNoMoreThanWhatIsStillRead) {
  const Network network = make_zoo("resnet20", 1, 1);
  const auto [program, parameters, values] =
      quantize(network, calibrate(network), {.weight_bits = 2, .activation_bits = 2}).split();
  Execution run{program, parameters, input_codes(program, network), Keep::outputs};
  std::int64_t most = 0;
  for (std::size_t i = 0; i < program.layers.size(); ++i) {
    run.run_layer(i);
    most = std::max(most, run.activations().bytes());
  }
  EXPECT_LT(10 * most, values.bytes());
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
