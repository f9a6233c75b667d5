#include <fstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "models/image_task.hpp"
#include "models/language_task.hpp"
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

TEST(Fixtures, TheLetterModelHasPyTorchsPerplexity) {
  for (const bool trained : {false, true}) {
    Network net = read_network(kFolder + "text.yaml");
    const std::string weights = kFolder + (trained ? "text_w2a2_highway.npz" : "text_float.npz");
    EXPECT_TRUE(load_weights(net, weights).empty());
    const LanguageTask task{
        net,
        weights,
        {.data = kFolder + "text_test.npz", .member = "ids", .calibration_member = "calibration"}};
    QuantizeOptions asked = options(trained ? 2 : 16, true);
    // Embeddings were trained on codes over [-1, 1].
    asked.overrides.push_back(
        {.pattern = "lstm",
         .weight_bits = {},
         .activation_bits = {},
         .quantizers = {.activations = config::ActivationQuantizer::pact, .clip = 1.0}});
    const LanguageEvaluation found = task.evaluate({asked});
    const nlohmann::json wanted = figures("text.json");
    if (trained) {
      EXPECT_NEAR(found.settings[0].perplexity() / wanted["w2a2 highway"].get<double>(), 1.0, 0.02);
    } else {
      EXPECT_NEAR(found.floating.perplexity() / wanted["float"].get<double>(), 1.0, 1e-4);
      EXPECT_NEAR(found.settings[0].perplexity() / wanted["float"].get<double>(), 1.0, 2e-3);
    }
  }
}

}  // namespace
}  // namespace turnpike::models
