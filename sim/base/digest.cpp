#include "sim/base/digest.hpp"

#include <array>
#include <bit>
#include <cstring>

#include <fmt/format.h>

namespace turnpike {

namespace {

constexpr std::uint64_t kReflected = 0xC96C5795D7870F42ULL;  ///< 0x42F0E1EBA9EA3693, bits reversed
constexpr std::size_t kSlices = 16;

/// What a byte, followed by so many zero bytes, adds to the remainder.
using Tables = std::array<std::array<std::uint64_t, 256>, kSlices>;

constexpr Tables make_tables() {
  Tables tables{};
  for (std::size_t byte = 0; byte < 256; ++byte) {
    std::uint64_t rest = byte;
    for (int bit = 0; bit < 8; ++bit) {
      rest = (rest >> 1U) ^ ((rest & 1U) != 0 ? kReflected : 0);
    }
    tables[0][byte] = rest;
  }
  for (std::size_t slice = 1; slice < kSlices; ++slice) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const std::uint64_t before = tables[slice - 1][byte];
      tables[slice][byte] = (before >> 8U) ^ tables[0][before & 0xffU];
    }
  }
  return tables;
}

constexpr Tables kTables = make_tables();
static_assert(std::endian::native == std::endian::little);

/// Eight bytes, followed by `after` more of the slice.
std::uint64_t fold(std::uint64_t bytes, std::size_t after) {
  std::uint64_t rest = 0;
  for (std::size_t i = 0; i < 8; ++i) {
    rest ^= kTables[after + 7 - i][bytes >> (8 * i) & 0xffU];
  }
  return rest;
}

}  // namespace

/// Slicing by 16 (Kounavis and Berry, "Novel table lookup-based algorithms for high-performance CRC
/// generation", 2008): files of gigabytes are digested at each run.
struct Digest::State {
  std::uint64_t rest = ~0ULL;
};

Digest::Digest() : state_{std::make_unique<State>()} {}
Digest::~Digest() = default;

Digest& Digest::add(std::string_view bytes) {
  std::uint64_t rest = state_->rest;
  while (bytes.size() >= kSlices) {
    std::uint64_t words[2];
    std::memcpy(words, bytes.data(), sizeof words);
    rest = fold(words[0] ^ rest, 8) ^ fold(words[1], 0);
    bytes.remove_prefix(kSlices);
  }
  for (const char byte : bytes) {
    rest = (rest >> 8U) ^ kTables[0][(rest ^ static_cast<unsigned char>(byte)) & 0xffU];
  }
  state_->rest = rest;
  return *this;
}

std::uint64_t Digest::value() const {
  return ~state_->rest;
}

std::string Digest::text() const {
  return fmt::format("{:016x}", value());
}

std::uint64_t digest_of(std::string_view bytes) {
  return Digest{}.add(bytes).value();
}

}  // namespace turnpike
