#include "models/model_info.hpp"

#include <gtest/gtest.h>

#include "models/quantize.hpp"
#include "models/zoo.hpp"

namespace turnpike::models {
namespace {

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
