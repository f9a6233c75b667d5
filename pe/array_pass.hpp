#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <vector>

/// What the machine and a kind of array tell each other about a processing pass: what the array
/// does between two drains.
namespace turnpike::pe {

/// Everything the cycles and counts of a pass depend on, in words of its kind: the key of the memo.
struct PassKey {
  static constexpr std::size_t kWords = 26;
  std::array<std::int32_t, kWords> words{};                           ///< [0]: number of the kind
  friend auto operator<=>(const PassKey&, const PassKey&) = default;  // NOLINT: clang-tidy 14
  friend bool operator==(const PassKey&, const PassKey&) = default;
};

/// The key of a kind's own description of a pass, a struct of 32-bit integers, and back.
template <class Shape>
[[nodiscard]] PassKey key_of(std::int32_t kind, const Shape& shape) {
  static_assert(std::has_unique_object_representations_v<Shape> &&
                sizeof(Shape) <= (PassKey::kWords - 1) * sizeof(std::int32_t));
  using Words = std::array<std::int32_t, sizeof(Shape) / sizeof(std::int32_t)>;
  const auto words = std::bit_cast<Words>(shape);
  PassKey key;
  key.words[0] = kind;
  std::copy(words.begin(), words.end(), key.words.begin() + 1);
  return key;
}
template <class Shape>
[[nodiscard]] Shape shape_of(const PassKey& key) {
  std::array<std::int32_t, sizeof(Shape) / sizeof(std::int32_t)> words;
  std::copy_n(key.words.begin() + 1, words.size(), words.begin());
  return std::bit_cast<Shape>(words);
}

/// Where in the layer's loop nest a pass begins; filters and channels are those of the group.
struct PassOrigin {
  std::int64_t group = 0, image = 0, filter = 0, channel = 0;
  std::int64_t row = 0, column = 0;  ///< of the ofmap
  std::int64_t kernel_row = 0, kernel_column = 0;
  friend bool operator==(const PassOrigin&, const PassOrigin&) = default;
};

/// A pass as the array is told of it.
struct ArrayPass {
  PassKey key;
  PassOrigin at;
  friend bool operator==(const ArrayPass&, const ArrayPass&) = default;
};

/// A part of an ifmap, padding included: `bands` times `rows` neighbouring rows, `band_step` apart,
/// each from column0 on.
struct IfmapPart {
  std::int64_t image0 = 0, images = 1, channel0 = 0, channels = 1;
  std::int64_t row0 = 0, rows = 1, bands = 1, band_step = 1;
  std::int64_t column0 = 0, columns = 1;
  [[nodiscard]] std::int64_t values() const { return images * channels * bands * rows * columns; }
};

/// Filters of a group, some of their channels and taps.
struct FilterPart {
  std::int64_t filter0 = 0, filters = 1;
  std::int64_t channel0 = 0, channels = 1;
  std::int64_t taps = 1;  ///< of each channel
};

/// What memory has to do for a pass, operand by operand. Channels are those of the group.
struct PassFootprint {
  std::int64_t group = 0;
  FilterPart filter;
  bool new_filter = true;  ///< not there from the pass before
  IfmapPart ifmap;
  bool new_ifmap = true;
  bool first_psums = false;      ///< psums that go in are zeros, which are read from no buffer
  std::int64_t final_psums = 0;  ///< that leave for the post-processing unit after it
};

/// What one pass did. Words are values that cross a port between a buffer and the array.
struct PassResult {
  static constexpr std::size_t kMostEvents = 24;
  std::uint64_t cycles = 0;      ///< filter load included
  std::uint64_t active_pes = 0;  ///< clocked ones
  std::uint64_t mac_slots = 0;   ///< zero-gated ones included
  std::uint64_t filter_words = 0, ifmap_words = 0, psum_in_words = 0, psum_out_words = 0;
  std::array<std::uint64_t, kMostEvents> events{};  ///< in the order of ArrayModel::pass_events()
  friend bool operator==(const PassResult&, const PassResult&) = default;
};

/// Operands and results of a pass, dense copies in an order of the kind's own. Integers as the
/// multipliers see them.
struct PassOperands {
  std::vector<std::int32_t> ifmap, filter;
  std::vector<std::int64_t> psum;  ///< before the pass, then after it
};

}  // namespace turnpike::pe
