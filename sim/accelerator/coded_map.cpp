#include "sim/accelerator/coded_map.hpp"

#include "sim/base/error.hpp"

namespace turnpike::accelerator {
namespace {

constexpr std::int64_t kLongestRun = (1 << memory::RunLengthCode::kRunBits) - 1;

}  // namespace

CodedMap::CodedMap(const memory::RunLengthCode& code, const Shape& shape,
                   const std::vector<std::uint8_t>& is_zero)
    : shape_{shape}, pairs_per_word_{code.pairs_per_word()} {
  const std::int64_t rows = shape.images * shape.channels * shape.rows;
  ensure(static_cast<std::int64_t>(is_zero.size()) == rows * shape.columns,
         "a zero mark for every value of the map");
  first_pair_.reserve(static_cast<std::size_t>(rows));
  last_pair_.reserve(static_cast<std::size_t>(rows));
  const std::int64_t image_rows = shape.channels * shape.rows;
  const std::uint8_t* zero = is_zero.data();
  std::int64_t pair = 0;  // the next value belongs to
  std::int64_t run = 0;   // zeros that pair holds so far
  for (std::int64_t row = 0; row < rows; ++row) {
    if (row % image_rows == 0) {
      pair = run = 0;
    }
    first_pair_.push_back(pair);
    for (std::int64_t x = 0; x < shape.columns; ++x) {
      const bool goes_on = *zero++ != 0 && run < kLongestRun;
      if (x + 1 == shape.columns) {
        last_pair_.push_back(pair);
      }
      run = goes_on ? run + 1 : 0;
      pair += goes_on ? 0 : 1;
    }
  }
}

std::int64_t CodedMap::words_between(std::int64_t image, std::int64_t first_row,
                                     std::int64_t last_row) const {
  const std::int64_t base = image * shape_.channels * shape_.rows;
  const std::int64_t first = first_pair_[static_cast<std::size_t>(base + first_row)];
  const std::int64_t last = last_pair_[static_cast<std::size_t>(base + last_row)];
  return last / pairs_per_word_ - first / pairs_per_word_ + 1;
}

std::int64_t CodedMap::words(const Part& part) const {
  std::int64_t words = 0;
  if (part.channels == 0) {
    return words;
  }
  for (std::int64_t i = part.image0; i < part.image0 + part.images; ++i) {
    if (part.rows == shape_.rows) {
      words += words_between(i, part.channel0 * shape_.rows,
                             (part.channel0 + part.channels) * shape_.rows - 1);
      continue;
    }
    for (std::int64_t c = part.channel0; c < part.channel0 + part.channels; ++c) {
      const std::int64_t row = c * shape_.rows + part.row0;
      words += words_between(i, row, row + part.rows - 1);
    }
  }
  return words;
}

}  // namespace turnpike::accelerator
