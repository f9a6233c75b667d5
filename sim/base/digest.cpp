#include "sim/base/digest.hpp"

#include <boost/crc.hpp>
#include <fmt/format.h>

namespace turnpike {

struct Digest::State {
  boost::crc_optimal<64, 0x42F0E1EBA9EA3693ULL, ~0ULL, ~0ULL, true, true> crc;
};

Digest::Digest() : state_{std::make_unique<State>()} {}
Digest::~Digest() = default;

Digest& Digest::add(std::string_view bytes) {
  state_->crc.process_bytes(bytes.data(), bytes.size());
  return *this;
}

std::uint64_t Digest::value() const {
  return state_->crc.checksum();
}

std::string Digest::text() const {
  return fmt::format("{:016x}", value());
}

std::uint64_t digest_of(std::string_view bytes) {
  return Digest{}.add(bytes).value();
}

}  // namespace turnpike
