#include "sim/base/digest.hpp"

#include <gtest/gtest.h>

namespace turnpike {
namespace {

TEST(Digest, IsTheCrcItSaysItIs) {
  // The check value of CRC-64/XZ in the catalogue of parametrised CRC algorithms.
  EXPECT_EQ(digest_of("123456789"), 0x995dc9bbdf1939faULL);
  EXPECT_EQ(Digest{}.add("1234").add("").add("56789").text(), "995dc9bbdf1939fa");
  EXPECT_EQ(digest_of(""), 0U);
}

}  // namespace
}  // namespace turnpike
