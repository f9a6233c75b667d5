#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/evaluation.hpp"
#include "models/repair.hpp"

namespace turnpike::models {

/// A data set and what is done with it: the options of `model eval`, `data` of a sweep file.
struct DataSettings {
  std::string data = {};                            ///< .npz of images and labels, or of token ids
  std::optional<Normalization> normalization = {};  ///< of images; else as the file states
  std::int64_t images = 0;                          ///< so many, evenly spaced; 0: all
  std::string calibration = {};                     ///< another .npz; empty: the data set itself
  std::int64_t calibration_images = 250;            ///< so many of it, evenly spaced
  Repair repair = Repair::none;
  std::int64_t layer_images = 100;  ///< that layers are measured on
  int threads = 1;
};

/// A float network with the images it is asked about and the ranges of its values on others.
class ImageTask {
 public:
  /// FileError for a data set that is broken or does not fit.
  ImageTask(Network network, DataSettings settings);

  /// The network as these options quantize it, repaired as the settings say.
  [[nodiscard]] QuantizedNetwork quantized(const QuantizeOptions& options) const;
  [[nodiscard]] Evaluation evaluate(
      const std::vector<QuantizeOptions>& settings,
      const std::function<void(std::int64_t, std::int64_t)>& progress = {}) const;

  [[nodiscard]] const Network& network() const { return network_; }
  [[nodiscard]] const DataSettings& settings() const { return settings_; }
  [[nodiscard]] const std::vector<std::int64_t>& images() const { return chosen_; }
  /// "ranges from 250 images of FILE", for tables.
  [[nodiscard]] std::string calibrated_on() const;

 private:
  Network network_;
  DataSettings settings_;
  LabelledImages images_;
  std::vector<std::int64_t> chosen_;
  std::vector<float> calibration_inputs_;
  std::int64_t calibration_count_ = 0;
  Calibration calibration_;
};

}  // namespace turnpike::models
