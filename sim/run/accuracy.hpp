#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/config/accelerator_config.hpp"

/// Accuracy of a network as configurations quantize it, for sweeps.
namespace turnpike {

/// `data` of a sweep file: the options of `model eval` on images.
struct AccuracyRequest {
  std::string file;
  std::vector<double> mean;  ///< by channel or for all; empty: as the file states
  std::vector<double> deviation;
  std::int64_t images = 0;  ///< so many, evenly spaced; 0: all
  std::string calibration;  ///< empty: the data set itself
  std::int64_t calibration_images = 250;
  std::string repair = "none";  ///< none, bn, bias
};

struct AccuracyFigure {
  double top1 = 0.0;  ///< share of images
  double standard_error = 0.0;
  std::int64_t images = 0;
};

/// One figure a configuration, in their order. FileError for a broken data set, InputError for a
/// trace and for a recurrent network, which have no top-1.
[[nodiscard]] std::vector<AccuracyFigure> measure_accuracy(
    const std::string& network, const std::optional<std::string>& weights,
    const AccuracyRequest& request, const std::vector<config::AcceleratorConfig>& configs);

}  // namespace turnpike
