#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "pe/array_model.hpp"
#include "sim/accelerator/stage.hpp"
#include "traces/trace.hpp"

namespace turnpike::accelerator {

/// A job's operands as the multipliers see them (traces/FORMAT.md, "Arithmetic"): activations
/// q - zero_point where that is an integer, else raw codes; weights 2q + 1 if mid-rise, else
/// q - zero_point; padding is real zero.
struct JobOperands {
  LayerShape shape;
  std::vector<std::int32_t> ifmap;                ///< [N][G * C][H][W], padding included
  std::vector<std::int32_t> filter;               ///< [G * M][C][R][S]
  std::vector<double> float_ifmap, float_filter;  ///< instead, if the job is floating
  std::vector<std::uint8_t> is_zero;              ///< [N][G * C][H][W]: real value 0
};

[[nodiscard]] JobOperands make_operands(const traces::Trace& trace, const traces::LayerEntry& layer,
                                        const ArrayJob& job);

/// 1 where a tensor that is stored in place of the job's input is real 0: [N][G * C][H][W], padding
/// included and zero.
[[nodiscard]] std::vector<std::uint8_t> stored_zeros(const traces::TensorEntry& stored,
                                                     const traces::LayerEntry& layer,
                                                     const ArrayJob& job);

/// The array's own data path for the job.
[[nodiscard]] std::unique_ptr<pe::LayerData> make_layer_data(const pe::ArrayModel& array,
                                                             const JobOperands& operands,
                                                             bool floating);
/// Sums of products as the array computes them, [N][G * M][E][F].
[[nodiscard]] std::vector<double> array_psums(const pe::ArrayModel& array,
                                              const JobOperands& operands, bool floating);

/// Sum of the weights of each filter [G * M], for fractional zero points.
[[nodiscard]] std::vector<double> weight_sums(const JobOperands& operands);

/// Sums of products by plain 64-bit loops, [N][G * M][E][F]: the oracle of --check.
[[nodiscard]] std::vector<std::int64_t> plain_accumulators(const JobOperands& operands);

}  // namespace turnpike::accelerator
