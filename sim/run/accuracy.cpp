#include "sim/run/accuracy.hpp"

#include <cmath>
#include <utility>

#include "models/image_task.hpp"
#include "models/network_file.hpp"
#include "models/parallel.hpp"
#include "models/weights_file.hpp"
#include "sim/base/error.hpp"

namespace turnpike {

std::vector<AccuracyFigure> measure_accuracy(
    const std::string& network, const std::optional<std::string>& weights,
    const AccuracyRequest& request, const std::vector<config::AcceleratorConfig>& configs) {
  if (!models::is_network(network)) {
    throw InputError{{network, 0, 0}, "'data' goes with a network, not with a trace"};
  }
  models::Network net = models::open_network(network);
  if (net.is_recurrent()) {
    throw InputError{{network, 0, 0},
                     "'data' is for images; perplexities of a recurrent network: turnpike model "
                     "eval --data"};
  }
  if (weights) {
    static_cast<void>(models::load_weights(net, *weights));
  }
  models::DataSettings data{.data = request.file,
                            .images = request.images,
                            .calibration = request.calibration,
                            .calibration_images = request.calibration_images,
                            .repair = models::repair_named(request.repair),
                            .layer_images = 0,
                            .threads = models::all_cores()};
  if (!request.mean.empty()) {
    data.normalization = models::Normalization{request.mean, request.deviation};
  }
  const models::ImageTask task{std::move(net), std::move(data)};
  std::vector<models::QuantizeOptions> settings;
  for (const config::AcceleratorConfig& config : configs) {
    settings.push_back(models::quantize_options(config));
  }
  std::vector<AccuracyFigure> figures;
  for (const models::SettingResult& result : task.evaluate(settings).settings) {
    const auto images = static_cast<double>(result.right1.size());
    const double top1 = result.top1();
    figures.push_back({.top1 = top1,
                       .standard_error = std::sqrt(top1 * (1.0 - top1) / images),
                       .images = static_cast<std::int64_t>(result.right1.size())});
  }
  return figures;
}

}  // namespace turnpike
