#pragma once

#include <cstdint>

/// Arithmetic of cut dimensions, shared by the mapping, the passes and their closed forms.
namespace turnpike::dataflow {

[[nodiscard]] constexpr std::int64_t ceil_div(std::int64_t a, std::int64_t b) {
  return (a + b - 1) / b;
}

/// Ifmap rows (columns) from the first to the last that `outputs` neighbouring ofmap rows (columns)
/// touch, gaps included.
[[nodiscard]] constexpr std::int64_t span_of(std::int64_t outputs, std::int64_t kernel,
                                             std::int64_t stride) {
  return (outputs - 1) * stride + kernel;
}

/// Ifmap rows (columns) they really use: a stride larger than the kernel leaves gaps, and what lies
/// in a gap is not sent.
[[nodiscard]] constexpr std::int64_t used_of(std::int64_t outputs, std::int64_t kernel,
                                             std::int64_t stride) {
  return stride > kernel ? outputs * kernel : span_of(outputs, kernel, stride);
}

/// An extent cut into pieces of `size`: `full` pieces of it, then one of `rest` (0 = none).
struct Cut {
  std::int64_t size = 1;
  std::int64_t full = 1;
  std::int64_t rest = 0;

  constexpr Cut(std::int64_t extent, std::int64_t piece)
      : size{piece}, full{extent / piece}, rest{extent % piece} {}

  [[nodiscard]] constexpr std::int64_t pieces() const { return full + (rest > 0 ? 1 : 0); }
  [[nodiscard]] constexpr std::int64_t extent() const { return full * size + rest; }
  /// Sum of `f(size)` over the pieces.
  template <class F>
  [[nodiscard]] constexpr std::int64_t sum(const F& f) const {
    return (full > 0 ? full * f(size) : 0) + (rest > 0 ? f(rest) : 0);
  }
  /// Calls `f(size, count)` for each distinct size.
  template <class F>
  constexpr void for_each_size(const F& f) const {
    if (full > 0) {
      f(size, full);
    }
    if (rest > 0) {
      f(rest, std::int64_t{1});
    }
  }
};

}  // namespace turnpike::dataflow
