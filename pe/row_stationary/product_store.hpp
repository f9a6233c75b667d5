#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "pe/layer_data.hpp"
#include "pe/row_stationary/pass_shape.hpp"

namespace turnpike::pe::row_stationary {

/// The data path of the row-stationary array: psums of a pass computed by vectorised code that
/// follows the mapping. The psums of the pass are read from the psum store, every channel, PE row
/// and tap of the pass is added, and they are written back.
///
/// Arithmetic is exact in any order: float while every partial sum stays below 2^24, double below
/// 2^53, 64-bit integers beyond; layers with floating operands use double (not exact).
class ProductStore : public LayerData {
 public:
  /// Of a pass only positions and extents are looked at.
  virtual void add_products(const ProcessingPass& pass) = 0;
  [[nodiscard]] virtual PassOperands operands_of(const ProcessingPass& pass) const = 0;
  virtual void store(const ProcessingPass& pass, const PassOperands& operands) = 0;

  void run_pass(const ArrayPass& pass) final;
  [[nodiscard]] PassOperands operands(const ArrayPass& pass) const final;
  void store_psums(const ArrayPass& pass, const PassOperands& operands) final;
};

/// Integer operands as the multipliers see them; picks the element type from their magnitudes.
[[nodiscard]] std::unique_ptr<ProductStore> make_product_store(
    const LayerShape& layer, const std::vector<std::int32_t>& ifmap,
    const std::vector<std::int32_t>& filter);
/// Floating operands, computed in double.
[[nodiscard]] std::unique_ptr<ProductStore> make_product_store(const LayerShape& layer,
                                                               const std::vector<double>& ifmap,
                                                               const std::vector<double>& filter);

}  // namespace turnpike::pe::row_stationary
