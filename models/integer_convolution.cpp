#include "models/integer_convolution.hpp"

#include <algorithm>
#include <array>

#include "sim/base/error.hpp"

#if defined(__x86_64__) && defined(__GNUC__)
#define TURNPIKE_BYTE_SUMS 1
#include <immintrin.h>
#endif

namespace turnpike::models {

#ifdef TURNPIKE_BYTE_SUMS
namespace {

constexpr std::int64_t kDepth = 4;      ///< products an instruction adds up in one lane
constexpr std::int64_t kLanes = 16;     ///< positions of a register
constexpr std::int64_t kFilters = 8;    ///< filters of a tile
constexpr std::int64_t kRegisters = 3;  ///< registers of positions of a tile

std::int64_t ceil_div(std::int64_t a, std::int64_t b) {
  return (a + b - 1) / b;
}

/// The ifmap of one group, padded, with four channels side by side and a plane of its own for every
/// phase of the strides: position n of the ofmap, counted along padded rows, reads plane[n + tap].
class PackedIfmap {
 public:
  explicit PackedIfmap(const ConvShape& shape)
      : shape_{shape},
        channels_{shape.channels / shape.groups},
        blocks_{ceil_div(channels_, kDepth)},
        width_{shape.out_columns + (shape.kernel_columns - 1) / shape.stride_columns},
        height_{shape.out_rows + (shape.kernel_rows - 1) / shape.stride_rows},
        // A tile may read beyond the last position by less than its width.
        plane_{(width_ * height_ + width_ + kRegisters * kLanes) * kDepth},
        values_(static_cast<std::size_t>(blocks_ * phases() * plane_)) {}

  [[nodiscard]] std::int64_t width() const { return width_; }
  [[nodiscard]] std::int64_t blocks() const { return blocks_; }
  [[nodiscard]] const std::uint8_t* data() const { return values_.data(); }
  /// Byte offset of filter tap (r, s) in channel block b.
  [[nodiscard]] std::int64_t tap(std::int64_t b, std::int64_t r, std::int64_t s) const {
    const std::int64_t phase =
        r % shape_.stride_rows * shape_.stride_columns + s % shape_.stride_columns;
    return (b * phases() + phase) * plane_ +
           (r / shape_.stride_rows * width_ + s / shape_.stride_columns) * kDepth;
  }

  /// `in` [channels][rows][columns] of one group.
  void fill(const std::uint8_t* in, std::uint8_t padding) {
    std::fill(values_.begin(), values_.end(), padding);
    for (std::int64_t c = 0; c < channels_; ++c) {
      for (std::int64_t row = 0; row < shape_.rows; ++row) {
        const std::int64_t y = row + shape_.pad.top;
        if (y / shape_.stride_rows < height_) {
          fill_row(in + (c * shape_.rows + row) * shape_.columns, c, y);
        }
      }
    }
  }

 private:
  [[nodiscard]] std::int64_t phases() const { return shape_.stride_rows * shape_.stride_columns; }

  void fill_row(const std::uint8_t* in, std::int64_t c, std::int64_t y) {
    const std::int64_t u = shape_.stride_columns;
    const std::int64_t first = c / kDepth * phases() + y % shape_.stride_rows * u;
    std::uint8_t* const out =
        values_.data() + y / shape_.stride_rows * width_ * kDepth + c % kDepth;
    const std::int64_t last = std::min(shape_.columns, width_ * u - shape_.pad.left);
    for (std::int64_t column = 0; column < last; ++column) {
      const std::int64_t x = column + shape_.pad.left;
      out[(first + x % u) * plane_ + x / u * kDepth] = in[column];
    }
  }

  const ConvShape& shape_;
  std::int64_t channels_;
  std::int64_t blocks_;
  std::int64_t width_;   ///< of a plane's rows
  std::int64_t height_;  ///< rows of a plane
  std::int64_t plane_;   ///< bytes
  std::vector<std::uint8_t> values_;
};

/// Weights of one group as [filters / 8][taps][8 filters][4 channels], zeros where there is none.
std::vector<std::int32_t> packed_filters(const ConvShape& shape, const std::int8_t* filter) {
  const std::int64_t channels = shape.channels / shape.groups;
  const std::int64_t filters = shape.filters / shape.groups;
  const std::int64_t window = shape.kernel_rows * shape.kernel_columns;
  const std::int64_t taps = ceil_div(channels, kDepth) * window;
  std::vector<std::int32_t> out(
      static_cast<std::size_t>(ceil_div(filters, kFilters) * taps * kFilters));
  auto* const bytes = reinterpret_cast<std::int8_t*>(out.data());
  for (std::int64_t m = 0; m < filters; ++m) {
    for (std::int64_t c = 0; c < channels; ++c) {
      for (std::int64_t w = 0; w < window; ++w) {
        const std::int64_t tap = c / kDepth * window + w;
        const std::int64_t lane = (m / kFilters * taps + tap) * kFilters + m % kFilters;
        bytes[lane * kDepth + c % kDepth] = filter[(m * channels + c) * window + w];
      }
    }
  }
  return out;
}

/// Sums of 8 filters at 48 positions. Compiled for the processors that has_byte_sums() finds,
/// whatever the rest of the program is compiled for.
[[gnu::target("avx512f,avx512vnni")]] void tile(const std::uint8_t* ifmap,
                                                const std::vector<std::int64_t>& taps,
                                                const std::int32_t* filter, std::int32_t* out) {
  // Arrays of C: a register has attributes that std::array's argument would drop.
  __m512i sums[kFilters][kRegisters];  // NOLINT(modernize-avoid-c-arrays)
  for (auto& row : sums) {
    for (__m512i& sum : row) {
      sum = _mm512_setzero_si512();
    }
  }
  for (const std::int64_t tap : taps) {
    __m512i x[kRegisters];  // NOLINT(modernize-avoid-c-arrays)
    for (std::int64_t j = 0; j < kRegisters; ++j) {
      x[j] = _mm512_loadu_si512(ifmap + tap + j * kLanes * kDepth);
    }
    for (std::int64_t m = 0; m < kFilters; ++m) {
      const __m512i w = _mm512_set1_epi32(filter[m]);
      for (std::int64_t j = 0; j < kRegisters; ++j) {
        sums[m][j] = _mm512_dpbusd_epi32(sums[m][j], x[j], w);
      }
    }
    filter += kFilters;
  }
  for (const auto& row : sums) {
    for (const __m512i sum : row) {
      _mm512_storeu_si512(out, sum);
      out += kLanes;
    }
  }
}

/// Copies the positions of a tile, counted along padded rows, to the ofmap's.
void put(const ConvShape& shape, std::int64_t width, std::int64_t first, const std::int32_t* tile,
         std::int32_t less, std::int32_t* out) {
  const std::int64_t last =
      std::min(first + kRegisters * kLanes, width * (shape.out_rows - 1) + shape.out_columns);
  for (std::int64_t n = first; n < last;) {
    const std::int64_t row = n / width;
    const std::int64_t column = n % width;
    const std::int64_t count = std::min(last - n, shape.out_columns - column);
    for (std::int64_t i = 0; i < count; ++i) {
      out[row * shape.out_columns + column + i] = tile[n - first + i] - less;
    }
    n = count < last - n ? (row + 1) * width : last;
  }
}

}  // namespace

bool has_byte_sums(const ConvShape& shape) {
  static const bool supported =
      __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512vnni") != 0;
  return supported && shape.channels / shape.groups >= 3 && shape.out_positions() >= kLanes;
}

std::vector<std::int32_t> byte_sums(const ByteConvolution& convolution,
                                    const std::vector<std::uint8_t>& ifmap,
                                    const std::vector<std::int8_t>& filter) {
  const ConvShape& shape = convolution.shape;
  const std::int64_t channels = shape.channels / shape.groups;
  const std::int64_t filters = shape.filters / shape.groups;
  const auto padding = static_cast<std::uint8_t>(convolution.zero + convolution.shift);
  std::vector<std::int32_t> out(static_cast<std::size_t>(shape.outputs()));
  PackedIfmap packed{shape};
  std::vector<std::int64_t> taps;
  for (std::int64_t b = 0; b < packed.blocks(); ++b) {
    for (std::int64_t r = 0; r < shape.kernel_rows; ++r) {
      for (std::int64_t s = 0; s < shape.kernel_columns; ++s) {
        taps.push_back(packed.tap(b, r, s));
      }
    }
  }
  const std::int64_t positions = packed.width() * (shape.out_rows - 1) + shape.out_columns;
  std::array<std::int32_t, kFilters * kRegisters * kLanes> sums{};
  for (std::int64_t g = 0; g < shape.groups; ++g) {
    const std::int8_t* const weights = filter.data() + g * filters * shape.fan_in();
    const std::vector<std::int32_t> packed_weights = packed_filters(shape, weights);
    std::vector<std::int32_t> less(static_cast<std::size_t>(filters));
    for (std::int64_t m = 0; m < filters; ++m) {
      std::int32_t sum = 0;
      for (std::int64_t i = 0; i < shape.fan_in(); ++i) {
        sum += weights[m * shape.fan_in() + i];
      }
      less[static_cast<std::size_t>(m)] = sum * static_cast<std::int32_t>(padding);
    }
    for (std::int64_t n = 0; n < shape.batch; ++n) {
      packed.fill(ifmap.data() + (n * shape.channels + g * channels) * shape.rows * shape.columns,
                  padding);
      std::int32_t* const maps =
          out.data() + (n * shape.filters + g * filters) * shape.out_positions();
      for (std::int64_t first = 0; first < positions; first += kRegisters * kLanes) {
        for (std::int64_t m = 0; m < filters; m += kFilters) {
          tile(packed.data() + first * kDepth, taps,
               packed_weights.data() + m * static_cast<std::int64_t>(taps.size()), sums.data());
          for (std::int64_t i = m; i < std::min(filters, m + kFilters); ++i) {
            put(shape, packed.width(), first, sums.data() + (i - m) * kRegisters * kLanes,
                less[static_cast<std::size_t>(i)], maps + i * shape.out_positions());
          }
        }
      }
    }
  }
  return out;
}

#else

bool has_byte_sums(const ConvShape&) {
  return false;
}

std::vector<std::int32_t> byte_sums(const ByteConvolution&, const std::vector<std::uint8_t>&,
                                    const std::vector<std::int8_t>&) {
  fail_invariant("this build multiplies bytes", __FILE__, __LINE__);
}

#endif

}  // namespace turnpike::models
