#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "dataflow/processing_pass.hpp"
#include "pe/pass_result.hpp"
#include "sim/base/layer_shape.hpp"

namespace turnpike::pe {

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
  virtual void run_pass(const dataflow::ProcessingPass& pass) = 0;
  /// Adds all products of the layer.
  virtual void run_layer() = 0;
  /// Copies a pass's operands for ArrayCore, and its psums back into the store.
  [[nodiscard]] virtual PassOperands operands(const dataflow::ProcessingPass& pass) const = 0;
  virtual void store_psums(const dataflow::ProcessingPass& pass, const PassOperands& operands) = 0;
  /// Psums of the whole layer, [N][G * M][E][F].
  [[nodiscard]] virtual std::vector<double> psums_as_double() const = 0;
  [[nodiscard]] virtual std::vector<std::int64_t> psums_as_integer() const = 0;
  /// Largest |psum| a pass has written back.
  [[nodiscard]] virtual double widest_psum() const = 0;
};

/// Integer operands as the multipliers see them; picks the element type from their magnitudes.
[[nodiscard]] std::unique_ptr<LayerData> make_layer_data(const LayerShape& layer,
                                                         const std::vector<std::int32_t>& ifmap,
                                                         const std::vector<std::int32_t>& filter);
/// Floating operands, computed in double.
[[nodiscard]] std::unique_ptr<LayerData> make_layer_data(const LayerShape& layer,
                                                         const std::vector<double>& ifmap,
                                                         const std::vector<double>& filter);

/// MACs of the layer whose ifmap value is zero, padding included: for each zero, the number of
/// (output, tap) pairs that read it times the filters of its group. `is_zero`: [N][G * C][H][W].
[[nodiscard]] std::uint64_t zero_macs(const LayerShape& layer,
                                      const std::vector<std::uint8_t>& is_zero);

}  // namespace turnpike::pe
