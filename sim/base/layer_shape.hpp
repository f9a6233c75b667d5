#pragma once

#include <cstdint>

namespace turnpike {

/// Shape of one layer as an array sees it, in the letters of the Eyeriss papers: ifmap
/// [N][G * C][H][W] (padding included), filter [G * M][C][R][S]. Everything is a
/// convolution: fc has R = H and S = W; a matrix-vector product has all extents but C and M = 1.
struct LayerShape {
  std::int64_t N = 1;         ///< images
  std::int64_t G = 1;         ///< groups; M and C are per group
  std::int64_t M = 1;         ///< filters
  std::int64_t C = 1;         ///< input channels
  std::int64_t H = 1, W = 1;  ///< ifmap, padding included
  std::int64_t R = 1, S = 1;  ///< filter rows, columns
  std::int64_t U = 1, V = 1;  ///< stride of rows, columns

  // NOLINTBEGIN(readability-identifier-naming): the letters of the papers
  [[nodiscard]] std::int64_t E() const { return (H - R) / U + 1; }  ///< ofmap rows
  [[nodiscard]] std::int64_t F() const { return (W - S) / V + 1; }  ///< ofmap columns
  // NOLINTEND(readability-identifier-naming)
  [[nodiscard]] std::int64_t macs() const { return N * G * M * C * R * S * E() * F(); }
  [[nodiscard]] std::int64_t ofmap_values() const { return N * G * M * E() * F(); }

  friend bool operator==(const LayerShape&, const LayerShape&) = default;
};

}  // namespace turnpike
