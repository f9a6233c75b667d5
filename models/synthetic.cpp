#include "models/synthetic.hpp"

#include <array>
#include <bit>
#include <cmath>

#include "sim/base/error.hpp"
#include "sim/base/random.hpp"
#include "sim/base/text.hpp"

namespace turnpike::models {
namespace {

constexpr std::uint32_t kPieces = 2048;
constexpr std::uint32_t kFractionBits = 20;  // 1 sign + 11 piece + 20 place in the piece

/// Start and slope of each linear piece of -log(1 - u), for u in [0, 1).
struct Piece {
  float start;
  float slope;  ///< per 2^-20 of the piece
};

std::array<Piece, kPieces> make_pieces() {
  std::array<Piece, kPieces> pieces{};
  const auto quantile = [](double i) { return -std::log1p(-i / kPieces); };
  for (std::uint32_t i = 0; i < kPieces; ++i) {
    const double start = quantile(i);
    // The last piece would end at infinity; its mean is start + 1 (memorylessness).
    const double end = i + 1 == kPieces ? start + 2.0 : quantile(i + 1.0);
    pieces[i] = {.start = static_cast<float>(start),
                 .slope = static_cast<float>((end - start) / (1U << kFractionBits))};
  }
  return pieces;
}

float laplace_of(std::uint32_t random, const std::array<Piece, kPieces>& pieces) {
  const Piece& piece = pieces[(random >> kFractionBits) & (kPieces - 1)];
  const auto fraction = static_cast<float>(random & ((1U << kFractionBits) - 1));
  const float magnitude = piece.start + piece.slope * fraction;
  return std::bit_cast<float>(std::bit_cast<std::uint32_t>(magnitude) | (random & 0x80000000U));
}

}  // namespace

std::uint64_t tensor_seed(std::uint64_t network_seed, std::string_view tensor) {
  return Random{network_seed ^ fnv1a(tensor)}.next();
}

std::vector<float> laplace_values(std::int64_t count, double mean_abs, std::uint64_t seed) {
  static const std::array<Piece, kPieces> pieces = make_pieces();
  const auto size = static_cast<std::size_t>(count);
  const auto scale = static_cast<float>(mean_abs);
  std::vector<float> values(size);
  Random random{seed};
  for (std::size_t i = 0; i + 1 < size; i += 2) {
    const std::uint64_t two = random.next();
    values[i] = scale * laplace_of(static_cast<std::uint32_t>(two), pieces);
    values[i + 1] = scale * laplace_of(static_cast<std::uint32_t>(two >> 32U), pieces);
  }
  if (size % 2 == 1) {
    values[size - 1] = scale * laplace_of(static_cast<std::uint32_t>(random.next()), pieces);
  }
  return values;
}

std::vector<float> uniform_values(std::int64_t count, double low, double high, std::uint64_t seed) {
  std::vector<float> values(static_cast<std::size_t>(count));
  Random random{seed};
  for (float& value : values) {
    value = static_cast<float>(low + (high - low) * random.uniform());
  }
  return values;
}

std::vector<std::int32_t> sparse_codes(const SparseCodes& wanted, std::uint64_t seed) {
  ensure(wanted.zero_fraction >= 0.0 && wanted.zero_fraction <= 1.0 && wanted.low <= wanted.high,
         "a zero fraction lies in [0, 1] and a code range is not empty");
  auto zeros = static_cast<std::int64_t>(
      std::nearbyint(wanted.zero_fraction * static_cast<double>(wanted.count)));
  const bool zero_inside = wanted.zero >= wanted.low && wanted.zero <= wanted.high;
  ensure(wanted.high > wanted.low || !zero_inside || zeros == wanted.count,
         "a code other than zero exists");
  std::vector<std::int32_t> codes(static_cast<std::size_t>(wanted.count));
  Random random{seed};
  const std::int64_t top = zero_inside ? wanted.high - 1 : wanted.high;
  for (std::size_t i = 0; i < codes.size(); ++i) {
    // Selection sampling (Knuth, TAOCP 2, algorithm S): exactly `zeros` of the remaining ones.
    const std::int64_t left = wanted.count - static_cast<std::int64_t>(i);
    if (random.uniform() * static_cast<double>(left) < static_cast<double>(zeros)) {
      codes[i] = static_cast<std::int32_t>(wanted.zero);
      --zeros;
      continue;
    }
    const std::int64_t code = random.integer(wanted.low, top);
    codes[i] = static_cast<std::int32_t>(zero_inside && code >= wanted.zero ? code + 1 : code);
  }
  return codes;
}

}  // namespace turnpike::models
