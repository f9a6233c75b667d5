#pragma once

#include <algorithm>

#include "pe/row_stationary/pass_counters.hpp"
#include "pe/row_stationary/pass_shape.hpp"
#include "sim/base/random.hpp"

namespace turnpike::pe::row_stationary::test {

/// A random legal pass on a random small machine: ragged filter and channel sets, strips wider than
/// the array (segments), strides larger than the kernel, FIFOs of depth 1, spads without slack,
/// every network rate the FIFOs can take, sometimes more filters or PEs than the chip has.
inline PassShape random_shape(Random& random) {
  const auto draw = [&random](std::int64_t low, std::int64_t high) {
    return static_cast<std::int32_t>(random.integer(low, high));
  };
  const auto one_in = [&draw](std::int64_t n) { return draw(1, n) == 1; };
  PassShape s;
  const bool large = one_in(16);
  s.rows = draw(1, large ? 20 : 12);
  s.columns = draw(1, large ? 24 : 14);
  s.R = draw(1, one_in(8) ? s.rows : std::min(s.rows, 5));
  s.S = draw(1, one_in(8) ? 11 : 5);
  s.U = draw(1, one_in(4) ? 8 : 3);
  s.V = draw(1, one_in(4) ? 8 : 3);
  s.q = draw(1, 4);
  s.ifmap_spad = s.q * s.S + (one_in(2) ? 0 : draw(1, 6));
  s.p = draw(1, one_in(20) ? 90 : one_in(4) ? 16 : 6);
  s.psum_spad = s.p + (one_in(2) ? 0 : draw(1, 9));
  s.r = draw(1, s.rows / s.R);
  const std::int32_t slots_down = s.rows / (s.r * s.R);
  s.e = draw(1, s.columns * slots_down);
  const std::int32_t segments = (s.e + s.columns - 1) / s.columns;
  const std::int32_t width = (s.e + segments - 1) / segments;
  s.t = draw(1, std::max(1, slots_down * (s.columns / width) / segments));
  s.F = draw(1, 12);
  s.n = draw(1, 3);
  s.filters = s.p * (s.t - 1) + draw(1, s.p);
  s.channels = s.q * (s.r - 1) + draw(1, s.q);
  s.fifo_depth = one_in(3) ? draw(1, 2) : draw(2, 8);
  s.filter_rate = draw(1, 5);
  s.ifmap_rate = draw(1, std::min(4, s.fifo_depth));
  s.psum_in_rate = draw(1, std::min(4, s.fifo_depth));
  s.psum_out_rate = draw(1, std::min(4, s.fifo_depth));
  s.buffer_latency = draw(0, 5);
  s.filter_load_unit = one_in(2) ? 1 : draw(2, 600);
  s.follows = draw(0, 1);
  s.leads = draw(0, 1);
  return s;
}

inline PassOperands random_operands(const PassShape& s, Random& random) {
  PassOperands o;
  o.ifmap.resize(
      static_cast<std::size_t>(s.n * s.channels * s.ifmap_row_span() * s.tile_columns()));
  o.filter.resize(static_cast<std::size_t>(s.filters * s.channels * s.R * s.S));
  o.psum.resize(static_cast<std::size_t>(s.n * s.filters * s.e * s.F));
  for (auto& value : o.ifmap) {
    value = static_cast<std::int32_t>(random.integer(-9, 9)) * (random.uniform() < 0.5 ? 0 : 1);
  }
  for (auto& value : o.filter) {
    value = static_cast<std::int32_t>(random.integer(-9, 9));
  }
  for (auto& value : o.psum) {
    value = random.integer(-100, 100);
  }
  return o;
}

/// The reference: plain loops. Returns psum + convolution, [n][filters][e][F].
inline std::vector<std::int64_t> naive_pass(const PassShape& s, const PassOperands& o) {
  std::vector<std::int64_t> out = o.psum;
  std::size_t at = 0;
  for (std::int32_t n = 0; n < s.n; ++n) {
    for (std::int32_t f = 0; f < s.filters; ++f) {
      for (std::int32_t y = 0; y < s.e; ++y) {
        for (std::int32_t x = 0; x < s.F; ++x, ++at) {
          for (std::int32_t c = 0; c < s.channels; ++c) {
            for (std::int32_t i = 0; i < s.R; ++i) {
              for (std::int32_t k = 0; k < s.S; ++k) {
                const std::int32_t row = (n * s.channels + c) * s.ifmap_row_span() + y * s.U + i;
                const auto a = static_cast<std::size_t>(row * s.tile_columns() + x * s.V + k);
                const auto w = static_cast<std::size_t>(((f * s.channels + c) * s.R + i) * s.S + k);
                out[at] += std::int64_t{o.ifmap[a]} * o.filter[w];
              }
            }
          }
        }
      }
    }
  }
  return out;
}

}  // namespace turnpike::pe::row_stationary::test
