#include "models/weights_file.hpp"

#include <cmath>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "traces/npz.hpp"

namespace turnpike::models {
namespace {

constexpr double kBatchNormEps = 1e-5;  // PyTorch's default

class WeightsLoader {
 public:
  explicit WeightsLoader(const std::string& path) : file_{traces::NpzFile::open(path)} {}

  void load(Layer& layer) {
    if (layer.is_recurrent()) {
      layer.weights = read("Wx", layer.weight_count());
      layer.recurrent_weights = read("Wh", layer.recurrent_weight_count());
      layer.bias = read("b", layer.output_channels());
      layer.gate_order = layer.kind == LayerKind::lstm ? "f,g,i,o" : layer.gate_order;
      return;
    }
    const std::string prefix = weight_prefix(layer);
    layer.weights = read(prefix + ".weight", layer.weight_count());
    layer.scale.clear();
    layer.bias.clear();
    if (file_.has(prefix + ".bias")) {
      layer.bias = read(prefix + ".bias", layer.output_channels());
    }
    if (const auto norm = batch_norm(layer.name)) {
      fold(*norm, layer);
    }
  }

 private:
  [[nodiscard]] std::string weight_prefix(const Layer& layer) const {
    std::vector<std::string> prefixes = {layer.name, layer.name + ".0"};
    if (layer.kind == LayerKind::fc) {
      prefixes.emplace_back("linear");
    }
    for (const std::string& prefix : prefixes) {
      if (file_.has(prefix + ".weight")) {
        return prefix;
      }
    }
    throw FileError{{.file = file_.path()},
                    fmt::format("layer '{}' needs member '{}.weight', which is not there",
                                layer.name, layer.name)};
  }

  [[nodiscard]] std::vector<float> read(const std::string& name, std::int64_t count) const {
    const Tensor tensor = file_.tensor(name);
    if (tensor.size() != count) {
      throw FileError{{.file = file_.path()},
                      fmt::format("member '{}' of shape {} has {} values, the network needs {}",
                                  name, to_string(tensor.shape()), tensor.size(), count)};
    }
    return tensor.converted<float>();
  }

  /// Prefix of the batch norm behind a convolution.
  [[nodiscard]] std::optional<std::string> batch_norm(const std::string& layer) const {
    std::vector<std::string> prefixes = {layer + ".1"};
    if (const std::size_t at = layer.rfind("conv"); at != std::string::npos) {
      prefixes.push_back(std::string{layer}.replace(at, 4, "bn"));
    }
    for (const std::string& prefix : prefixes) {
      if (file_.has(prefix + ".running_var")) {
        return prefix;
      }
    }
    return std::nullopt;
  }

  void fold(const std::string& norm, Layer& layer) const {
    const std::int64_t channels = layer.output_channels();
    const auto gain = read(norm + ".weight", channels);
    const auto shift = read(norm + ".bias", channels);
    const auto mean = read(norm + ".running_mean", channels);
    const auto variance = read(norm + ".running_var", channels);
    std::vector<float> bias(gain.size());
    layer.scale.resize(gain.size());
    for (std::size_t c = 0; c < gain.size(); ++c) {
      const double scale = static_cast<double>(gain[c]) /
                           std::sqrt(static_cast<double>(variance[c]) + kBatchNormEps);
      const double before = layer.bias.empty() ? 0.0 : static_cast<double>(layer.bias[c]);
      layer.scale[c] = static_cast<float>(scale);
      bias[c] = static_cast<float>(static_cast<double>(shift[c]) +
                                   (before - static_cast<double>(mean[c])) * scale);
    }
    layer.bias = std::move(bias);
  }

  traces::NpzFile file_;
};

}  // namespace

void load_weights(Network& network, const std::string& path) {
  WeightsLoader loader{path};
  for (const Layer& layer : network.layers()) {
    if (layer.is_array()) {
      loader.load(network.layer(layer.name));
    }
  }
}

}  // namespace turnpike::models
