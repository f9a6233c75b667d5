#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "models/dataset.hpp"
#include "models/layer_measurement.hpp"
#include "models/quantize.hpp"

/// A network on a labelled data set: in float, and quantized in several ways.
namespace turnpike::models {

/// What one setting made of the images.
struct SettingResult {
  std::vector<std::uint8_t> right1;  ///< by image: 1 if the label is the largest logit
  std::vector<std::uint8_t> right5;  ///< 1 if it is among the five largest
  std::vector<LayerResult> layers;   ///< in order; none of the float network

  [[nodiscard]] double top1() const;
  [[nodiscard]] double top5() const;
};

struct Evaluation {
  std::int64_t classes = 0;
  std::int64_t layer_images = 0;  ///< that the layers were measured on
  SettingResult floating;
  std::vector<SettingResult> settings;
};

struct EvaluationPlan {
  const Network& network;  ///< its own input is not used
  const LabelledImages& images;
  std::vector<std::int64_t> chosen;  ///< which of them
  std::int64_t layer_images = 100;   ///< about how many, evenly spaced, the layers are measured on
  int threads = 1;
  /// Told from any thread, one at a time, how many images are done; may be empty.
  std::function<void(std::int64_t done, std::int64_t total)> progress = {};
};

/// Runs the images in pieces, so that activations of a piece only are held; the same result for any
/// number of threads. FileError if a label is no class.
[[nodiscard]] Evaluation evaluate(const EvaluationPlan& plan,
                                  const std::vector<QuantizedNetwork>& settings);

/// Mean of b - a over paired items, and its standard error.
struct PairedDifference {
  double mean = 0.0;
  double standard_error = 0.0;
};
[[nodiscard]] PairedDifference paired_difference(const std::vector<std::uint8_t>& a,
                                                 const std::vector<std::uint8_t>& b);

/// How many values of a row go before the one at `label`: larger ones, and equal ones at a lower
/// index.
[[nodiscard]] std::int64_t rank_of(std::span<const double> row, std::int64_t label);

}  // namespace turnpike::models
