#include "models/image_task.hpp"

#include <fmt/format.h>

namespace turnpike::models {

ImageTask::ImageTask(Network network, DataSettings settings)
    : network_{std::move(network)},
      settings_{std::move(settings)},
      images_{
          LabelledImages::load(settings_.data, network_.input_shape(), settings_.normalization)},
      chosen_{evenly_spaced(images_.count(),
                            settings_.images > 0 ? settings_.images : images_.count())} {
  const bool own = settings_.calibration.empty();
  const LabelledImages other =
      own ? images_
          : LabelledImages::load(settings_.calibration, network_.input_shape(),
                                 settings_.normalization);
  const auto chosen = evenly_spaced(other.count(), settings_.calibration_images);
  calibration_count_ = static_cast<std::int64_t>(chosen.size());
  calibration_inputs_ = other.input(chosen);
  calibration_ = calibrate(network_, calibration_inputs_, settings_.threads);
}

QuantizedNetwork ImageTask::quantized(const QuantizeOptions& options) const {
  return repaired(
      network_, calibration_, options,
      {.repair = settings_.repair, .inputs = calibration_inputs_, .threads = settings_.threads});
}

Evaluation ImageTask::evaluate(
    const std::vector<QuantizeOptions>& settings,
    const std::function<void(std::int64_t, std::int64_t)>& progress) const {
  std::vector<QuantizedNetwork> quantized_networks;
  for (const QuantizeOptions& options : settings) {
    quantized_networks.push_back(quantized(options));
  }
  return models::evaluate({.network = network_,
                           .images = images_,
                           .chosen = chosen_,
                           .layer_images = settings_.layer_images,
                           .threads = settings_.threads,
                           .progress = progress},
                          quantized_networks);
}

std::string ImageTask::calibrated_on() const {
  const bool own = settings_.calibration.empty();
  return fmt::format("{} images of {}", calibration_count_,
                     own ? "the data set itself" : settings_.calibration);
}

}  // namespace turnpike::models
