#include <fstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "models/image_task.hpp"
#include "models/network_file.hpp"
#include "models/weights_file.hpp"

/// The small trained networks of tests/fixtures against what PyTorch measured of them (train.py).
namespace turnpike::models {
namespace {

const std::string kFolder = TURNPIKE_SOURCE_DIR "/tests/fixtures/";

nlohmann::json figures(const std::string& name) {
  std::ifstream in{kFolder + name};
  return nlohmann::json::parse(in);
}

QuantizeOptions options(int bits, bool highway) {
  QuantizeOptions chosen;
  chosen.weight_bits = chosen.activation_bits = bits;
  chosen.first_last = FirstLast::native16;
  chosen.highway = highway;
  chosen.highway_bits = 32;
  return chosen;
}

ImageTask shapes(const std::string& weights, Repair repair = Repair::none) {
  Network net = read_network(kFolder + "shapes.yaml");
  EXPECT_TRUE(load_weights(net, kFolder + weights).empty());
  return ImageTask{std::move(net),
                   {.data = kFolder + "shapes_test.npz",
                    .calibration = kFolder + "shapes_train_500.npz",
                    .calibration_images = 500,
                    .repair = repair,
                    .layer_images = 0}};
}

TEST(Fixtures, TheFloatNetHasPyTorchsAccuracy) {
  const Evaluation found = shapes("shapes_float.npz").evaluate({options(16, false)});
  const double wanted = figures("shapes.json")["float"];
  EXPECT_NEAR(found.floating.top1(), wanted, 0.0015);
  EXPECT_NEAR(found.settings[0].top1(), wanted, 0.0035);
}

TEST(Fixtures, NetsTrainedAtTwoBitsHavePyTorchsAccuracy) {
  for (const bool highway : {true, false}) {
    const std::string name = highway ? "highway" : "nohighway";
    QuantizeOptions asked = options(2, highway);
    asked.activations = config::ActivationQuantizer::pact;
    const Evaluation found = shapes("shapes_w2a2_" + name + ".npz").evaluate({asked});
    const double wanted = figures("shapes.json")["w2a2 " + name];
    // First layer and classifier are in 16 bits here and in float there.
    EXPECT_NEAR(found.settings[0].top1(), wanted, 0.005) << name;
  }
}

TEST(Fixtures, TheHighwayIsWorthMoreThanItsStandardErrorAtTwoBits) {
  const Evaluation found = shapes("shapes_float.npz", Repair::batch_norm)
                               .evaluate({options(2, false), options(2, true)});
  const PairedDifference gain =
      paired_difference(found.settings[0].right1, found.settings[1].right1);
  EXPECT_GT(gain.mean, 2.0 * gain.standard_error);
}

}  // namespace
}  // namespace turnpike::models
