#include "pe/layer_data.hpp"

#include "sim/base/integers.hpp"

namespace turnpike::pe {
std::uint64_t zero_macs(const LayerShape& x, const std::vector<std::uint8_t>& is_zero) {
  const auto uses = [](std::int64_t extent, std::int64_t outputs, std::int64_t taps,
                       std::int64_t stride) {
    std::vector<std::uint64_t> count(index_of(extent), 0);
    for (std::int64_t out = 0; out < outputs; ++out) {
      for (std::int64_t tap = 0; tap < taps; ++tap) {
        ++count[index_of(out * stride + tap)];
      }
    }
    return count;
  };
  const auto row_uses = uses(x.H, x.E(), x.R, x.U);
  const auto column_uses = uses(x.W, x.F(), x.S, x.V);
  std::uint64_t total = 0;
  for (std::int64_t plane_row = 0; plane_row < x.N * x.G * x.C * x.H; ++plane_row) {
    const std::uint8_t* row = is_zero.data() + plane_row * x.W;
    std::uint64_t in_row = 0;
    for (std::int64_t w = 0; w < x.W; ++w) {
      in_row += row[w] * column_uses[index_of(w)];
    }
    total += in_row * row_uses[index_of(plane_row % x.H)];
  }
  return total * static_cast<std::uint64_t>(x.M);
}

}  // namespace turnpike::pe
