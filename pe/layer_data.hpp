#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "pe/pass_result.hpp"

namespace turnpike::pe {

/// Extents of an array layer: ifmap [N][G * C][H][W] (padding included), filter [G * M][C][R][S].
struct LayerExtents {
  std::int64_t N = 1, G = 1, M = 1, C = 1, H = 1, W = 1, R = 1, S = 1, U = 1, V = 1;
  [[nodiscard]] std::int64_t E() const { return (H - R) / U + 1; }
  [[nodiscard]] std::int64_t F() const { return (W - S) / V + 1; }
};

/// The part of a layer one pass works on, in absolute indices (filters and channels of the group).
struct PassSlice {
  std::int64_t group = 0;
  std::int64_t image0 = 0, images = 1;
  std::int64_t filter0 = 0, filters = 1;
  std::int64_t channel0 = 0, channels = 1;
  std::int64_t row0 = 0, e = 1;
  std::int64_t column0 = 0, F = 1;
  std::int64_t kernel_row0 = 0, R = 1;
  std::int64_t kernel_column0 = 0, S = 1;
};

/// The data path of the array, independent of its timing and of the functional engine: psums of a
/// pass computed by vectorised code that follows the mapping. The psums of the pass are read from
/// the layer's psum store (the global buffer), every channel, PE row and tap of the pass is added,
/// and they are written back.
///
/// Arithmetic is exact in any order: float while every partial sum stays below 2^24, double below
/// 2^53, 64-bit integers beyond; layers with floating operands use double (not exact).
class LayerData {
 public:
  virtual ~LayerData() = default;
  /// Adds one pass to the psum store. The first accumulation of an output starts from `initial` 0.
  virtual void run_pass(const PassSlice& slice) = 0;
  /// Copies a pass's operands for ArrayCore, and its psums back into the store.
  [[nodiscard]] virtual PassOperands operands(const PassSlice& slice) const = 0;
  virtual void store_psums(const PassSlice& slice, const PassOperands& operands) = 0;
  /// Psums of the whole layer, [N][G * M][E][F].
  [[nodiscard]] virtual std::vector<double> psums_as_double() const = 0;
  [[nodiscard]] virtual std::vector<std::int64_t> psums_as_integer() const = 0;
  /// Largest |psum| a pass has written back.
  [[nodiscard]] virtual double widest_psum() const = 0;
};

/// Integer operands as the multipliers see them; picks the element type from their magnitudes.
[[nodiscard]] std::unique_ptr<LayerData> make_layer_data(const LayerExtents& extents,
                                                         const std::vector<std::int32_t>& ifmap,
                                                         const std::vector<std::int32_t>& filter);
/// Floating operands, computed in double.
[[nodiscard]] std::unique_ptr<LayerData> make_layer_data(const LayerExtents& extents,
                                                         const std::vector<double>& ifmap,
                                                         const std::vector<double>& filter);

/// MACs of the layer whose ifmap value is zero, padding included: for each zero, the number of
/// (output, tap) pairs that read it times the filters of its group. `is_zero`: [N][G * C][H][W].
[[nodiscard]] std::uint64_t zero_macs(const LayerExtents& extents,
                                      const std::vector<std::uint8_t>& is_zero);

}  // namespace turnpike::pe
