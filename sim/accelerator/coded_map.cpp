#include "sim/accelerator/coded_map.hpp"

#include <algorithm>

#include "sim/base/error.hpp"

namespace turnpike::accelerator {
namespace {

constexpr std::int64_t kLongestRun = (1 << memory::RunLengthCode::kRunBits) - 1;

}  // namespace

CodedMap::CodedMap(const memory::RunLengthCode& code, const Shape& shape,
                   const std::vector<std::uint8_t>& is_zero)
    : shape_{shape}, pairs_per_word_{code.pairs_per_word()} {
  const std::int64_t image = shape.channels * shape.rows * shape.columns;
  ensure(static_cast<std::int64_t>(is_zero.size()) == shape.images * image,
         "a zero mark for every value of the map");
  word_.reserve(is_zero.size());
  std::int64_t pair = 0;  // the next value belongs to
  std::int64_t run = 0;   // zeros that pair holds so far
  for (std::size_t i = 0; i < is_zero.size(); ++i) {
    if (static_cast<std::int64_t>(i) % image == 0) {
      pair = run = 0;
    }
    word_.push_back(static_cast<std::uint32_t>(pair / pairs_per_word_));
    const bool goes_on = is_zero[i] != 0 && run < kLongestRun;
    run = goes_on ? run + 1 : 0;
    pair += goes_on ? 0 : 1;
  }
}

std::int64_t CodedMap::words(const pe::IfmapPart& part) const {
  ensure(part.column0 >= 0 && part.column0 + part.columns <= shape_.columns && part.row0 >= 0 &&
             part.row0 + (part.bands - 1) * part.band_step + part.rows <= shape_.rows,
         "a part lies in its map");
  std::int64_t words = 0;
  for (std::int64_t i = part.image0; i < part.image0 + part.images; ++i) {
    std::int64_t next = 0;  // first word of the image that is not read yet
    for (std::int64_t c = part.channel0; c < part.channel0 + part.channels; ++c) {
      for (std::int64_t row = 0; row < part.bands * part.rows; ++row) {
        const std::int64_t y = part.row0 + row / part.rows * part.band_step + row % part.rows;
        const std::int64_t first =
            ((i * shape_.channels + c) * shape_.rows + y) * shape_.columns + part.column0;
        const std::int64_t begin =
            std::max(next, std::int64_t{word_[static_cast<std::size_t>(first)]});
        next = std::int64_t{word_[static_cast<std::size_t>(first + part.columns - 1)]} + 1;
        words += next - begin;
      }
    }
  }
  return words;
}

}  // namespace turnpike::accelerator
