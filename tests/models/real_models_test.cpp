#include <cstdlib>

#include <gtest/gtest.h>

#include "models/dataset.hpp"
#include "models/engine.hpp"
#include "models/metrics.hpp"
#include "models/quantize.hpp"
#include "models/weights_file.hpp"
#include "models/zoo.hpp"
#include "tests/models/replay.hpp"
#include "traces/trace_file.hpp"

/// Trained networks and traces from PyTorch, which are not part of the project: found through the
/// environment variable TURNPIKE_MODELS.
namespace turnpike::models {
namespace {

class RealModels : public testing::Test {
 protected:
  void SetUp() override {
    const char* const folder = std::getenv("TURNPIKE_MODELS");
    if (folder == nullptr) {
      GTEST_SKIP() << "TURNPIKE_MODELS is not set: no trained weights and traces to test with";
    }
    folder_ = folder;
  }

  [[nodiscard]] std::string path(const std::string& name) const { return folder_ + "/" + name; }

 private:
  std::string folder_;
};

TEST_F(RealModels, TracesFromPyTorchAndNumpyReplayLayerByLayer) {
  for (const char* name : {"resnet20_w2a2_qat9_highway.npz", "resnet20_w2a2_qat9_nohighway.npz",
                           "ptb_lstm100_w2a2_highway_16steps.npz"}) {
    SCOPED_TRACE(name);
    const traces::Trace trace = traces::read_trace(path(std::string{"traces/"} + name));
    const Replay replay = replay_layers(trace);
    EXPECT_EQ(replay.differing_codes, 0) << replay.first_difference;
    EXPECT_LT(replay.float_error, 1e-5) << replay.worst_float;
  }
}

TEST_F(RealModels, TracesFromPyTorchRunEndToEnd) {
  for (const char* name : {"resnet20_w2a2_qat9_highway.npz", "resnet20_w2a2_qat9_nohighway.npz"}) {
    SCOPED_TRACE(name);
    const traces::Trace wanted = traces::read_trace(path(std::string{"traces/"} + name));
    auto [program, parameters, inputs] = traces::Trace{wanted}.split();
    for (const traces::LayerEntry& layer : wanted.layers) {
      inputs.erase(layer.output);
    }
    const traces::Activations run = execute(program, parameters, std::move(inputs), Keep::all);
    Replay replay;
    for (const traces::LayerEntry& layer : wanted.layers) {
      compare(wanted.tensor(layer.output), run.at(layer.output), replay);
    }
    EXPECT_EQ(replay.differing_codes, 0) << replay.first_difference;
    EXPECT_LT(replay.float_error, 1e-4) << replay.worst_float;
  }
}

/// Accuracy of the trained ResNet-20, post-training, and the cosine error of its logits.
struct Accuracy {
  double top1 = 0.0;
  double logits_error = 0.0;
};

class TrainedResNet20 : public RealModels {
 protected:
  static constexpr std::int64_t kBatch = 25;

  [[nodiscard]] Network network(const LabelledImages& images, std::int64_t first) const {
    Network net = make_zoo("resnet20", 1, kBatch);
    load_weights(net, path("weights/resnet20_cifar10_fp32_adapted.npz"));
    net.set_input(images.input(first, kBatch));
    return net;
  }

  [[nodiscard]] Accuracy evaluate(const Calibration& calibration, const QuantizeOptions& options,
                                  std::int64_t count) const {
    const LabelledImages images = LabelledImages::load(path("data/cifar10_jpeg_test_1000.npz"));
    Accuracy found;
    const std::int64_t batches = count / kBatch;
    for (std::int64_t b = 0; b < batches; ++b) {
      // Spread over the file, which is sorted by class.
      const std::int64_t first = b * (images.count() / batches);
      const Network net = network(images, first);
      const traces::Trace trace = quantize(net, calibration, options);
      found.top1 += top1_accuracy(trace.tensor("fc.y").data, images.labels(first, kBatch));
      found.logits_error += compare_with_float(net, trace).back().cosine_error;
    }
    found.top1 /= static_cast<double>(batches);
    found.logits_error /= static_cast<double>(batches);
    return found;
  }

  [[nodiscard]] Calibration calibrated() const {
    const LabelledImages training =
        LabelledImages::load(path("data/cifar10_lossless_train_1000.npz"));
    Network net = make_zoo("resnet20", 1, kBatch);
    load_weights(net, path("weights/resnet20_cifar10_fp32_adapted.npz"));
    std::vector<float> input;
    for (std::int64_t i = 0; i < kBatch; ++i) {
      const std::vector<float> image = training.input(i * training.count() / kBatch, 1);
      input.insert(input.end(), image.begin(), image.end());
    }
    net.set_input(std::move(input));
    return calibrate(net);
  }

  static QuantizeOptions options(int bits, bool highway) {
    QuantizeOptions chosen;
    chosen.weight_bits = chosen.activation_bits = bits;
    chosen.first_last = FirstLast::native16;
    chosen.highway = highway;
    return chosen;
  }
};

TEST_F(TrainedResNet20, SixteenAndEightBitsKeepTheAccuracy) {
  const Calibration calibration = calibrated();
  EXPECT_NEAR(evaluate(calibration, options(16, false), 200).top1, 0.86, 0.05);
  EXPECT_NEAR(evaluate(calibration, options(8, true), 200).top1, 0.86, 0.05);
}

TEST_F(TrainedResNet20, TheHighwayHelpsAtLowPrecision) {
  const Calibration calibration = calibrated();
  const Accuracy without = evaluate(calibration, options(2, false), 200);
  const Accuracy with = evaluate(calibration, options(2, true), 200);
  EXPECT_LT(with.logits_error, without.logits_error);
  EXPECT_GE(with.top1, without.top1 - 0.04);  // one image in 25: noise of 200 images
}

}  // namespace
}  // namespace turnpike::models
