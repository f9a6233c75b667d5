#include <fstream>

#include <fmt/format.h>
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

/// "w3a3_highway".
std::string trained(int bits, bool highway, char between) {
  return fmt::format("w{0}a{0}{1}{2}", bits, between, highway ? "highway" : "nohighway");
}

/// Bits, and whether with a highway.
class TrainedFixtures : public testing::TestWithParam<std::tuple<int, bool>> {};

TEST_P(TrainedFixtures, NetsTrainedAtFewBitsHavePyTorchsAccuracy) {
  const auto [bits, highway] = GetParam();
  QuantizeOptions asked = options(bits, highway);
  asked.activations = config::ActivationQuantizer::pact;
  const Evaluation found =
      shapes("shapes_" + trained(bits, highway, '_') + ".npz").evaluate({asked});
  const double wanted = figures("shapes.json")[trained(bits, highway, ' ')];
  // First layer and classifier are in 16 bits here and in float there.
  EXPECT_NEAR(found.settings[0].top1(), wanted, 0.005);
}

LanguageEvaluation letters(const std::string& weights, const QuantizeOptions& asked) {
  Network net = read_network(kFolder + "text.yaml");
  EXPECT_TRUE(load_weights(net, kFolder + weights).empty());
  return LanguageTask{
      net,
      kFolder + weights,
      {.data = kFolder + "text_test.npz", .member = "ids", .calibration_member = "calibration"}}
      .evaluate({asked}, {});
}

TEST_P(TrainedFixtures, LetterModelsHavePyTorchsPerplexity) {
  const auto [bits, highway] = GetParam();
  QuantizeOptions asked = options(bits, highway);
  asked.activations = config::ActivationQuantizer::pact;
  const LanguageEvaluation found = letters("text_" + trained(bits, highway, '_') + ".npz", asked);
  const double wanted = figures("text.json")[trained(bits, highway, ' ')];
  // float32 there: where a value lies between two codes the two may differ, and a state remembers.
  EXPECT_NEAR(found.settings[0].perplexity() / wanted, 1.0, 0.006);
}
INSTANTIATE_TEST_SUITE_P(Bits, TrainedFixtures,
                         testing::Combine(testing::Values(8, 4, 3, 2), testing::Bool()));

TEST(Fixtures, TheFloatLetterModelHasPyTorchsPerplexity) {
  const LanguageEvaluation found = letters("text_float.npz", options(16, true));
  const double wanted = figures("text.json")["float"];
  EXPECT_NEAR(found.floating.perplexity() / wanted, 1.0, 1e-4);
  EXPECT_NEAR(found.settings[0].perplexity() / wanted, 1.0, 0.002);
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
