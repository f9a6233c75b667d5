#include "models/operations.hpp"

#include <gtest/gtest.h>

#include "models/model_info.hpp"
#include "models/quantize.hpp"
#include "models/zoo.hpp"

namespace turnpike::models {
namespace {

traces::Trace quantized(const std::string& name, std::int64_t batch, bool highway) {
  const Network net = make_zoo(name, 1, batch);
  QuantizeOptions options;
  options.weight_bits = options.activation_bits = 2;
  options.highway = highway;
  return quantize(net, calibrate(net), options);
}

TEST(Operations, TheLstmEqualsTableSixExactly) {
  EXPECT_EQ(operations_of(quantized("lstm300", 1, true)),
            (Operations{.low_precision_macs = 720000,
                        .high_precision_adds = 300,
                        .nonlinear = 1500,
                        .elementwise_multiplies = 900}));
}

TEST(Operations, AResNetCountsMacsResidualAddsAndRelusPerImage) {
  // 9 residual adds; a ReLU behind the stem, inside and behind every block.
  const std::int64_t adds = 3 * (16 * 1024 + 32 * 256 + 64 * 64);
  const Operations wanted{.low_precision_macs = 40551040,
                          .high_precision_adds = adds,
                          .nonlinear = 16 * 1024 + 2 * adds,
                          .elementwise_multiplies = 0};
  EXPECT_EQ(operations_of(quantized("resnet20", 1, false)), wanted);
  EXPECT_EQ(operations_of(quantized("resnet20", 2, true)), wanted);
}

TEST(ModelInfo, ShowsMacsByBitsAndTheEdgesOnTheHighway) {
  const Network net = zoo_shapes("resnet18");
  QuantizeOptions options;
  options.weight_bits = options.activation_bits = 2;
  options.first_last = FirstLast::native16;
  options.highway = true;
  const ModelInfo info = model_info(net, options);
  EXPECT_EQ(info.macs, 1814073344);
  const std::int64_t edge = net.layer("conv1").macs() + net.layer("fc").macs();
  EXPECT_EQ((info.macs_by_bits.at({16, 16})), edge);
  EXPECT_EQ((info.macs_by_bits.at({2, 2})), info.macs - edge);
  ASSERT_EQ(info.highway.size(), 8U);
  EXPECT_EQ(info.highway[0].tensor, "layer1.0.add.out");
  EXPECT_EQ(info.highway[0].values, 64 * 56 * 56);
  EXPECT_EQ(info.highway[0].bits, 8);
  const std::string text = to_text(info);
  EXPECT_NE(text.find("maxpool.h"), std::string::npos);
  EXPECT_NE(text.find("1814073344 MACs"), std::string::npos);
}

TEST(ModelInfo, PlainNetworksSayThatTheyHaveNoHighway) {
  QuantizeOptions options;
  options.weight_bits = options.activation_bits = 2;
  options.highway = true;
  const ModelInfo info = model_info(zoo_shapes("vgg16"), options);
  EXPECT_TRUE(info.highway.empty());
  EXPECT_NE(to_text(info).find("none: "), std::string::npos);
}

TEST(ModelInfo, RecurrentStateIsOnTheHighway) {
  QuantizeOptions options;
  options.weight_bits = options.activation_bits = 2;
  options.highway = true;
  const ModelInfo info = model_info(zoo_shapes("lstm300"), options);
  ASSERT_EQ(info.highway.size(), 2U);
  EXPECT_EQ(info.highway[0].values, 300);
  EXPECT_EQ(info.parameters, 720000);
}

}  // namespace
}  // namespace turnpike::models
