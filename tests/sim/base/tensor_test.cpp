#include "sim/base/tensor.hpp"

#include <gtest/gtest.h>

#include "sim/base/error.hpp"

namespace turnpike {
namespace {

TEST(Tensor, TakesTheSmallestIntegerTypeOfARange) {
  EXPECT_EQ(smallest_integer_tensor({2}, {0, 3}, 0, 3).type_name(), "uint8");
  EXPECT_EQ(smallest_integer_tensor({2}, {-2, 1}, -2, 1).type_name(), "int8");
  EXPECT_EQ(smallest_integer_tensor({2}, {0, 1}, 0, 65535).type_name(), "uint16");
  EXPECT_EQ(smallest_integer_tensor({2}, {0, 1}, -32768, 32767).type_name(), "int16");
  EXPECT_EQ(smallest_integer_tensor({2}, {0, 1}, -40000, 40000).type_name(), "int32");
}

TEST(Tensor, RefusesAShapeThatDoesNotMatch) {
  EXPECT_THROW((Tensor{{2, 2}, std::vector<float>{1.0F}}), InternalError);
  EXPECT_THROW(static_cast<void>(element_count({1LL << 40, 1LL << 40})), InternalError);
}

TEST(Tensor, ConvertsElementwise) {
  const Tensor tensor{{3}, std::vector<std::int16_t>{-1, 0, 300}};
  EXPECT_EQ(tensor.converted<double>(), (std::vector<double>{-1.0, 0.0, 300.0}));
  EXPECT_EQ(tensor.at(2), 300.0);
  EXPECT_EQ(tensor.bytes(), 6);
}

}  // namespace
}  // namespace turnpike
