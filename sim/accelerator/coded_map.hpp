#pragma once

#include <cstdint>
#include <vector>

#include "memory/run_length_codec.hpp"

namespace turnpike::accelerator {

/// A run-length coded ifmap in DRAM and how many of its words hold a part of it.
///
/// Each image is one stream in the order channel, row, column, beginning at a word. A run of zeros
/// goes on over row ends. A tile reads, for each of its images and channels, the words from the one
/// with the first value of its first row to the one with the last value of its last; where a tile
/// holds all rows, neighbouring channels are one range. Where the streams' rows begin is taken as
/// known to the fetch engine (the chip's papers do not say how it finds them).
class CodedMap {
 public:
  /// Sizes of the map, padding included.
  struct Shape {
    std::int64_t images = 1, channels = 1, rows = 1, columns = 1;
  };
  /// `is_zero`: [image][channel][row][column], 1 where the code is that of real 0.
  CodedMap(const memory::RunLengthCode& code, const Shape& shape,
           const std::vector<std::uint8_t>& is_zero);

  /// A part of the map: whole rows.
  struct Part {
    std::int64_t image0 = 0, images = 1, channel0 = 0, channels = 1, row0 = 0, rows = 1;
  };
  /// 64-bit words that hold the part.
  [[nodiscard]] std::int64_t words(const Part& part) const;

 private:
  [[nodiscard]] std::int64_t words_between(std::int64_t image, std::int64_t first_row,
                                           std::int64_t last_row) const;

  Shape shape_;
  int pairs_per_word_;
  /// Of each row of all channels of all images: the pair, counted in its image, that holds its
  /// first and its last value.
  std::vector<std::int64_t> first_pair_, last_pair_;
};

}  // namespace turnpike::accelerator
