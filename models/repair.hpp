#pragma once

#include <string>
#include <vector>

#include "models/quantize.hpp"

/// Repair without training: parameters of a quantized network set anew on calibration inputs.
namespace turnpike::models {

enum class Repair {
  none,
  batch_norm,  ///< statistics of every batch norm, of the quantized network
  bias,        ///< biases that give each channel the float network's mean
};

/// By the names the command line and sweep files have: none, bn, bias. InputError for another.
[[nodiscard]] Repair repair_named(const std::string& name);

struct RepairPlan {
  Repair repair = Repair::none;
  const std::vector<float>& inputs;  ///< each of the network's input shape
  int threads = 1;
};

/// quantize_network(), then the repair, layer by layer: what a layer reads is what the layers
/// before it make with their new parameters.
///
/// batch_norm: mean and variance (divided by count - 1) of each channel of a layer's sums over all
/// inputs take the place of the trained ones, as PyTorch's training mode makes them in one pass
/// over the inputs as one batch. InputError if no layer has a batch norm of its own.
/// bias: a conv or fc layer's bias is raised by the difference of the means of its output before
/// ReLU, float less quantized (Nagel et al. 2019, "Data-Free Quantization", section 4.2, on data).
[[nodiscard]] QuantizedNetwork repaired(const Network& network, const Calibration& calibration,
                                        const QuantizeOptions& options, const RepairPlan& plan);

}  // namespace turnpike::models
