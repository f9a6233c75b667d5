#include "models/evaluation.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <gtest/gtest.h>

#include "models/float_engine.hpp"
#include "models/image_task.hpp"
#include "models/zoo.hpp"
#include "sim/base/random.hpp"
#include "tests/traces/test_files.hpp"

namespace turnpike::models {
namespace {

/// A residual net of 12 x 12 images in 7 classes, with batch norms.
Network residual_net() {
  Network net{"net", {2, 12, 12}, 1};
  const auto conv = [&](const char* name, const char* input, std::int64_t filters, bool relu) {
    Layer layer;
    layer.name = name;
    layer.inputs = {input};
    layer.filters = filters;
    layer.kernel = {3, 3};
    layer.pad = {1, 1, 1, 1};
    layer.relu = relu;
    layer.norm = BatchNorm{std::vector<float>(static_cast<std::size_t>(filters), 1.5F),
                           std::vector<float>(static_cast<std::size_t>(filters), 0.25F)};
    net.add(layer);
  };
  conv("stem", "input", 8, true);
  conv("conv1", "stem", 8, true);
  conv("conv2", "conv1", 8, false);
  Layer add;
  add.name = "add";
  add.op = traces::Op::add;
  add.inputs = {"conv2", "stem"};
  add.relu = true;
  net.add(add);
  Layer pool;
  pool.name = "pool";
  pool.op = traces::Op::avgpool;
  net.add(pool);
  Layer fc;
  fc.name = "fc";
  fc.op = traces::Op::fc;
  fc.filters = 7;
  net.add(fc);
  fill_synthetic(net);
  return net;
}

/// Random images, labelled by the float network itself.
std::string labelled(const Network& net, std::int64_t count) {
  Random random{5};
  const std::int64_t values = element_count(net.input_shape());
  std::vector<float> x(static_cast<std::size_t>(count * values));
  for (float& each : x) {
    each = static_cast<float>(random.integer(-1000, 1000)) / 500.0F;
  }
  std::vector<std::int64_t> y;
  for (std::int64_t n = 0; n < count; ++n) {
    Network one = net;
    one.set_input({x.begin() + n * values, x.begin() + (n + 1) * values});
    forward(one, [&](const FloatValue& value) {
      if (value.name == "fc") {
        y.push_back(std::max_element(value.values.begin(), value.values.end()) -
                    value.values.begin());
      }
    });
  }
  std::string path = traces::test::scratch("evaluation.npz");
  TensorShape shape = net.input_shape();
  shape.insert(shape.begin(), count);
  traces::write_npz(path, {{"x", Tensor{shape, x}}, {"y", Tensor{{count}, y}}});
  return path;
}

QuantizeOptions bits(int width, bool highway) {
  QuantizeOptions options;
  options.weight_bits = options.activation_bits = width;
  options.highway = highway;
  return options;
}

TEST(Evaluation, IsWhatTheTracesOfTheSingleImagesSay) {
  const Network net = residual_net();
  DataSettings data{.data = labelled(net, 40)};
  const ImageTask task{net, data};
  const std::vector<QuantizeOptions> asked = {bits(2, false), bits(2, true)};
  const Evaluation found = task.evaluate(asked);
  EXPECT_EQ(found.floating.top1(), 1.0);
  const LabelledImages images = LabelledImages::load(data.data, net.input_shape());
  for (std::size_t setting = 0; setting < asked.size(); ++setting) {
    std::vector<std::int64_t> all(40);
    std::iota(all.begin(), all.end(), 0);
    const Calibration calibration = calibrate(net, images.input(all), 1);
    for (std::int64_t n = 0; n < 40; ++n) {
      Network one = net;
      one.set_input(images.input({n}));
      const traces::Trace trace = quantize(one, calibration, asked[setting]);
      const std::int64_t best = top1(trace.tensor("fc.y").data).front();
      EXPECT_EQ(found.settings[setting].right1[static_cast<std::size_t>(n)] != 0,
                best == images.label(n))
          << "image " << n;
    }
    EXPECT_GE(found.settings[setting].top5(), found.settings[setting].top1());
  }
}

TEST(Evaluation, ThreadsChangeNothing) {
  const Network net = residual_net();
  const std::string path = labelled(net, 300);
  const auto run = [&](int threads) {
    const ImageTask task{net, {.data = path, .repair = Repair::batch_norm, .threads = threads}};
    return task.evaluate({bits(3, true)});
  };
  const Evaluation one = run(1);
  const Evaluation four = run(4);
  EXPECT_EQ(one.settings[0].right1, four.settings[0].right1);
  ASSERT_EQ(one.settings[0].layers.size(), 6U);
  for (std::size_t i = 0; i < 6; ++i) {
    EXPECT_EQ(one.settings[0].layers[i].output.cosine_error,
              four.settings[0].layers[i].output.cosine_error);
    EXPECT_EQ(one.settings[0].layers[i].input_zeros, four.settings[0].layers[i].input_zeros);
  }
}

TEST(Evaluation, CalibrationInPiecesIsThatOfTheWhole) {
  Network net = residual_net();
  const LabelledImages images = LabelledImages::load(labelled(net, 600), net.input_shape());
  std::vector<std::int64_t> all(600);
  std::iota(all.begin(), all.end(), 0);
  const Calibration pieces = calibrate(net, images.input(all), 3);
  Network whole{net.name(), net.input_shape(), 600};
  for (const Layer& layer : net.layers()) {
    whole.add(layer);
  }
  whole.set_input(images.input(all));
  const Calibration once = calibrate(whole);
  for (const auto& [name, histogram] : once.values) {
    EXPECT_EQ(histogram.bins(), pieces.of(name).bins()) << name;
    EXPECT_EQ(histogram.zero_fraction(), pieces.of(name).zero_fraction()) << name;
  }
}

TEST(Repair, ReestimatedBatchNormsGiveEveryChannelItsMeanAndSpread) {
  const Network net = residual_net();
  const LabelledImages images = LabelledImages::load(labelled(net, 64), net.input_shape());
  std::vector<std::int64_t> all(64);
  std::iota(all.begin(), all.end(), 0);
  const std::vector<float> inputs = images.input(all);
  const QuantizedNetwork quantized = repaired(net, calibrate(net, inputs, 1), bits(2, true),
                                              {.repair = Repair::batch_norm, .inputs = inputs});
  // conv2 has no ReLU: its float output shows gain 1.5 and shift 0.25 on the very inputs.
  Execution run{quantized.program, quantized.parameters,
                input_codes(quantized.program, inputs, {64, 2, 12, 12}), Keep::all};
  for (std::size_t i = 0; i < quantized.program.layers.size(); ++i) {
    run.run_layer(i);
  }
  const std::vector<double> values = run.activations().at("conv2.y").converted<double>();
  for (std::size_t c = 0; c < 8; ++c) {
    double sum = 0.0;
    double square = 0.0;
    for (std::size_t n = 0; n < 64; ++n) {
      for (std::size_t i = 0; i < 144; ++i) {
        const double value = values[(n * 8 + c) * 144 + i];
        sum += value;
        square += value * value;
      }
    }
    const double mean = sum / (64 * 144);
    EXPECT_NEAR(mean, 0.25, 1e-5);
    EXPECT_NEAR(std::sqrt(square / (64 * 144) - mean * mean), 1.5, 1e-3);
  }
}

TEST(Repair, CorrectedBiasesGiveEveryChannelTheFloatMean) {
  const Network net = residual_net();
  const LabelledImages images = LabelledImages::load(labelled(net, 64), net.input_shape());
  std::vector<std::int64_t> all(64);
  std::iota(all.begin(), all.end(), 0);
  const std::vector<float> inputs = images.input(all);
  const QuantizedNetwork quantized = repaired(net, calibrate(net, inputs, 1), bits(2, false),
                                              {.repair = Repair::bias, .inputs = inputs});
  std::vector<double> wanted(8, 0.0);
  const FloatVisitor visitor{[&](const FloatValue& value) {
    for (std::size_t i = 0; value.name == "conv2" && i < value.values.size(); ++i) {
      wanted[i / 144 % 8] += static_cast<double>(value.values[i]) / (64 * 144);
    }
  }};
  forward(net, {inputs, 64}, visitor);
  Execution run{quantized.program, quantized.parameters,
                input_codes(quantized.program, inputs, {64, 2, 12, 12}), Keep::all};
  for (std::size_t i = 0; i < quantized.program.layers.size(); ++i) {
    run.run_layer(i);
  }
  const std::vector<double> values = run.activations().at("conv2.y").converted<double>();
  std::vector<double> found(8, 0.0);
  for (std::size_t i = 0; i < values.size(); ++i) {
    found[i / 144 % 8] += values[i] / (64 * 144);
  }
  for (std::size_t c = 0; c < 8; ++c) {
    EXPECT_NEAR(found[c], wanted[c], 1e-5);
  }
}

TEST(Repair, WithoutBatchNormThereIsNothingToReestimate) {
  Network net = residual_net();
  for (const char* name : {"stem", "conv1", "conv2"}) {
    net.layer(name).norm.reset();
  }
  const ImageTask task{net, {.data = labelled(net, 4), .repair = Repair::batch_norm}};
  EXPECT_THROW(static_cast<void>(task.evaluate({bits(2, false)})), InputError);
}

TEST(PairedDifference, HasTheStandardErrorOfItsPairs) {
  const PairedDifference found = paired_difference({1, 1, 0, 0}, {1, 0, 1, 1});
  EXPECT_DOUBLE_EQ(found.mean, 0.25);
  EXPECT_DOUBLE_EQ(found.standard_error, std::sqrt((3.0 - 4 * 0.0625) / 3.0 / 4.0));
}

TEST(RankOf, CountsWhatGoesBefore) {
  const std::vector<double> row{3.0, 5.0, 5.0, 1.0};
  EXPECT_EQ(rank_of(row, 1), 0);
  EXPECT_EQ(rank_of(row, 2), 1);
  EXPECT_EQ(rank_of(row, 3), 3);
}

}  // namespace
}  // namespace turnpike::models
