#pragma once

#include <cstdint>
#include <vector>

#include "pe/array_pass.hpp"
#include "sim/base/layer_shape.hpp"

namespace turnpike::pe {

/// The data path of an array for one job, independent of its timing and of the functional engine:
/// adds the products of a pass to the job's psum store (the global buffer).
class LayerData {
 public:
  LayerData() = default;
  virtual ~LayerData() = default;
  LayerData(const LayerData&) = delete;
  LayerData& operator=(const LayerData&) = delete;
  LayerData(LayerData&&) = delete;
  LayerData& operator=(LayerData&&) = delete;

  /// Adds one pass. Psums start from 0.
  virtual void run_pass(const ArrayPass& pass) = 0;
  /// Adds all products of the layer.
  virtual void run_layer() = 0;
  /// Copies a pass's operands for the array, and its psums back into the store.
  [[nodiscard]] virtual PassOperands operands(const ArrayPass& pass) const = 0;
  virtual void store_psums(const ArrayPass& pass, const PassOperands& operands) = 0;
  /// Psums of the whole layer, [N][G * M][E][F].
  [[nodiscard]] virtual std::vector<double> psums_as_double() const = 0;
  [[nodiscard]] virtual std::vector<std::int64_t> psums_as_integer() const = 0;
  /// Largest |psum| a pass has written back.
  [[nodiscard]] virtual double widest_psum() const = 0;
};

/// MACs of the layer whose ifmap value is zero, padding included: for each zero, the number of
/// (output, tap) pairs that read it times the filters of its group. `is_zero`: [N][G * C][H][W].
[[nodiscard]] std::uint64_t zero_macs(const LayerShape& x,
                                      const std::vector<std::uint8_t>& is_zero);

}  // namespace turnpike::pe
