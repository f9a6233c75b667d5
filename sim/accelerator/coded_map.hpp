#pragma once

#include <cstdint>
#include <vector>

#include "memory/run_length_codec.hpp"
#include "pe/array_pass.hpp"

namespace turnpike::accelerator {

/// A run-length coded ifmap in DRAM and how many of its words hold a part of it.
///
/// Each image is one stream in the order channel, row, column, beginning at a word. A run of zeros
/// goes on over row ends. A tile reads, for each of its images, channels and used rows, the words
/// from the one with the first value of its columns to the one with the last; a word that holds the
/// end of one such piece and the begin of the next is read once. Rows a stride leaves out and the
/// columns of other width tiles are not read. Where the pieces begin in the streams is taken as
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

  /// 64-bit words that hold the part.
  [[nodiscard]] std::int64_t words(const pe::IfmapPart& part) const;

 private:
  Shape shape_;
  int pairs_per_word_;
  std::vector<std::uint32_t> word_;  ///< of each value, counted in its image
};

}  // namespace turnpike::accelerator
