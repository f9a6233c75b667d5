#include "models/zoo.hpp"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace turnpike::models {
namespace {

std::int64_t macs_of_kind(const Network& net, traces::Op op) {
  std::int64_t sum = 0;
  for (const Layer& layer : net.layers()) {
    sum += layer.op == op ? layer.macs() : 0;
  }
  return sum;
}

TEST(Zoo, ResNet18HasItsKnownMacs) {
  const Network net = zoo_shapes("resnet18");
  EXPECT_EQ(macs_of_kind(net, traces::Op::conv), 1813561344);
  EXPECT_EQ(macs_of_kind(net, traces::Op::fc), 512000);
  EXPECT_EQ(net.macs(), 1814073344);
  EXPECT_EQ(net.shape_of("layer4.1.add"), (TensorShape{512, 7, 7}));
}

TEST(Zoo, LargerNetworksHaveTheirKnownMacs) {
  EXPECT_EQ(macs_of_kind(zoo_shapes("resnet50"), traces::Op::conv), 4087136256);
  EXPECT_EQ(zoo_shapes("resnet50").macs(), 4089184256);
  EXPECT_EQ(macs_of_kind(zoo_shapes("vgg16"), traces::Op::conv), 15346630656);
  EXPECT_EQ(zoo_shapes("vgg16").macs(), 15470264320);
}

TEST(Zoo, ResNet20IsTheCifarNetworkOfOptionA) {
  const Network net = make_zoo("zoo:resnet20", 1, 2);
  EXPECT_EQ(net.macs(), 40551040);
  EXPECT_EQ(net.layer("layer2.0.add").skip_stride, 2);
  EXPECT_EQ(net.layer("layer2.0.add").channel_pad, 8);
  EXPECT_EQ(net.input().size(), 2U * 3 * 32 * 32);
}

TEST(Zoo, LstmIsTableSixs) {
  const Network net = make_zoo("lstm300");
  EXPECT_EQ(net.macs(), 720000);
}

TEST(Zoo, AlexNetHasTheChipsShapes) {
  const Network net = zoo_shapes("alexnet");
  // MACs of the chip's table for a batch of 4 (Chen et al., JSSC 2017, table V), in millions.
  const std::pair<const char*, double> table[] = {
      {"conv1", 421.7}, {"conv2", 895.8}, {"conv3", 598.1}, {"conv4", 448.6}, {"conv5", 299.0}};
  for (const auto& [name, millions] : table) {
    EXPECT_NEAR(4e-6 * static_cast<double>(net.layer(name).macs()), millions, 0.06) << name;
  }
  EXPECT_EQ(net.shape_of("pool5"), (TensorShape{256, 6, 6}));
}

TEST(Zoo, WeightsKeepTheVarianceOfTheirFanIn) {
  const Network net = make_zoo("resnet20");
  const Layer& layer = net.layer("layer3.1.conv1");
  double sum = 0.0;
  for (const float w : layer.weights) {
    sum += std::fabs(static_cast<double>(w));
  }
  EXPECT_NEAR(sum / static_cast<double>(layer.weights.size()), std::sqrt(1.0 / 576.0), 0.001);
}

TEST(Zoo, EveryNetworkIsCompleteAfterMaking) {
  for (const char* name : {"resnet20", "lstm300"}) {
    EXPECT_NO_THROW(make_zoo(name).check_complete()) << name;
  }
}

TEST(Zoo, SeedsDecideTheWeights) {
  EXPECT_EQ(make_zoo("lstm300", 3).layer("lstm").weights,
            make_zoo("lstm300", 3).layer("lstm").weights);
  EXPECT_NE(make_zoo("lstm300", 3).layer("lstm").weights,
            make_zoo("lstm300", 4).layer("lstm").weights);
}

TEST(Zoo, AnUnknownNameIsAnErrorWithASuggestion) {
  try {
    static_cast<void>(make_zoo("zoo:alexnt"));
    FAIL();
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("did you mean 'alexnet'"));
  }
}

TEST(Zoo, AnotherMemberOfAFamilyIsNoMisspelling) {
  for (const char* name : {"zoo:resnet34", "vgg11", "resnet"}) {
    try {
      static_cast<void>(make_zoo(name));
      FAIL();
    } catch (const InputError& error) {
      EXPECT_THAT(error.what(), testing::Not(testing::HasSubstr("did you mean")));
      EXPECT_THAT(error.what(), testing::HasSubstr("resnet18, resnet50"));
      EXPECT_THAT(error.what(), testing::HasSubstr("a network .yaml or a trace"));
    }
  }
}

}  // namespace
}  // namespace turnpike::models
