#include "sim/base/digest.hpp"

#include <random>
#include <string>

#include <boost/crc.hpp>
#include <gtest/gtest.h>

namespace turnpike {
namespace {

TEST(Digest, IsTheCrcItSaysItIs) {
  // The check value of CRC-64/XZ in the catalogue of parametrised CRC algorithms.
  EXPECT_EQ(digest_of("123456789"), 0x995dc9bbdf1939faULL);
  EXPECT_EQ(Digest{}.add("1234").add("").add("56789").text(), "995dc9bbdf1939fa");
  EXPECT_EQ(digest_of(""), 0U);
}

TEST(Digest, IsBoostsWhateverThePieces) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random{seed};
  for (int round = 0; round < 200; ++round) {
    std::string bytes(random() % 300, '\0');
    for (char& byte : bytes) {
      byte = static_cast<char>(random());
    }
    boost::crc_optimal<64, 0x42F0E1EBA9EA3693ULL, ~0ULL, ~0ULL, true, true> crc;
    crc.process_bytes(bytes.data(), bytes.size());
    Digest digest;
    for (std::string_view rest = bytes; !rest.empty();) {
      const std::size_t piece = 1 + random() % rest.size();
      digest.add(rest.substr(0, piece));
      rest.remove_prefix(piece);
    }
    EXPECT_EQ(digest.value(), crc.checksum());
  }
}

}  // namespace
}  // namespace turnpike
