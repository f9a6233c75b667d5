#include "models/branch_gain.hpp"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/quantize.hpp"
#include "models/zoo.hpp"

namespace turnpike::models {
namespace {

/// Blocks of one convolution and an add, 4 channels on 2 x 2 pixels.
Network residual(int blocks) {
  Network net{"deep", {4, 2, 2}, 1};
  std::string skip{Network::kInput};
  for (int i = 1; i <= blocks; ++i) {
    Layer conv;
    conv.name = "conv" + std::to_string(i);
    conv.inputs = {skip};
    conv.filters = 4;
    conv.kernel = {3, 3};
    conv.pad = {1, 1, 1, 1};
    net.add(conv);
    Layer add;
    add.name = "add" + std::to_string(i);
    add.op = traces::Op::add;
    add.inputs = {conv.name, skip};
    add.relu = true;
    skip = net.add(add);
  }
  return net;
}

TEST(BranchGain, NetworksOfUsualDepthAreNotTouched) {
  for (const std::string& name : zoo_names()) {
    EXPECT_THAT(branch_gains(make_zoo(name)), testing::IsEmpty()) << name;
  }
  EXPECT_THAT(branch_gains(residual(64)), testing::IsEmpty());
}

TEST(BranchGain, BranchesShrinkWithTheAddsBeforeThem) {
  EXPECT_THAT(
      branch_gains(residual(66)),
      testing::UnorderedElementsAre(testing::Pair("conv65", testing::DoubleEq(1.0)),
                                    testing::Pair("conv66", testing::DoubleEq(std::sqrt(0.5)))));
}

TEST(BranchGain, AThousandBlocksAreQuantized) {
  Network net = residual(1000);
  fill_synthetic(net);
  QuantizeOptions options;
  options.weight_bits = options.activation_bits = 4;
  options.highway = true;
  const traces::Trace trace = quantize(net, calibrate(net), options);
  EXPECT_GE(trace.layers.size(), 2000U);
}

TEST(BranchGain, GivenWeightsThatGrowWithoutEndAreAnErrorOfTheUser) {
  Network net = residual(400);
  for (int i = 1; i <= 400; ++i) {
    net.layer("conv" + std::to_string(i)).weights.assign(4 * 4 * 9, 1.0F);
  }
  fill_synthetic(net);
  EXPECT_THAT([&] { static_cast<void>(calibrate(net)); },
              testing::ThrowsMessage<InputError>(testing::HasSubstr("are beyond float32")));
}

}  // namespace
}  // namespace turnpike::models
