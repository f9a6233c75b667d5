#include <cstdlib>

#include <gtest/gtest.h>

#include "models/engine.hpp"
#include "models/image_task.hpp"
#include "models/parallel.hpp"
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

/// The trained ResNet-20 on the 1,000 JPEG images, ranges from the lossless training images.
class TrainedResNet20 : public RealModels {
 protected:
  [[nodiscard]] ImageTask task(const std::string& weights, Repair repair = Repair::none,
                               std::int64_t images = 0) const {
    Network net = make_zoo("resnet20");
    load_weights(net, path("weights/" + weights));
    return ImageTask{std::move(net),
                     {.data = path("data/cifar10_jpeg_test_1000.npz"),
                      .normalization = Normalization{{0.485, 0.456, 0.406}, {0.229, 0.224, 0.225}},
                      .images = images,
                      .calibration = path("data/cifar10_lossless_train_1000.npz"),
                      .repair = repair,
                      .layer_images = 0,
                      .threads = all_cores()}};
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
  const Evaluation found = task("resnet20_cifar10_fp32_adapted.npz", Repair::none, 500)
                               .evaluate({options(16, false), options(8, true)});
  EXPECT_NEAR(found.floating.top1(), 0.87, 0.03);
  for (const SettingResult& setting : found.settings) {
    EXPECT_NEAR(paired_difference(found.floating.right1, setting.right1).mean, 0.0, 0.012);
  }
}

TEST_F(TrainedResNet20, TheHighwayHelpsAtTwoAndThreeBits) {
  for (const int bits : {2, 3}) {
    const Evaluation found = task("resnet20_cifar10_fp32_adapted.npz", Repair::batch_norm)
                                 .evaluate({options(bits, false), options(bits, true)});
    EXPECT_GT(found.settings[1].top1(), found.settings[0].top1()) << bits << " bits";
  }
}

TEST_F(TrainedResNet20, NetsFineTunedAtTwoBitsKeepTheirAccuracy) {
  for (const bool highway : {true, false}) {
    QuantizeOptions asked = options(2, highway);
    asked.activations = config::ActivationQuantizer::pact;
    const Evaluation found = task(highway ? "resnet20_cifar10_w2a2_highway_qat.npz"
                                          : "resnet20_cifar10_w2a2_nohighway_qat.npz")
                                 .evaluate({asked});
    // 85.1 and 83.5 % on 10,000 images; 1,000 have a standard error of 1.1.
    EXPECT_NEAR(found.settings[0].top1(), highway ? 0.851 : 0.835, 0.03);
  }
}

}  // namespace
}  // namespace turnpike::models
