#include "models/lowering.hpp"

#include <algorithm>

#include "models/graph_builder.hpp"

namespace turnpike::models {

bool is_network_input(const std::string& tensor) {
  return tensor.starts_with(std::string{Network::kInput} + ".q");
}

bool is_non_negative(const Network& network, const std::string& value) {
  if (value == Network::kInput) {
    return false;
  }
  const Layer& layer = network.layer(value);
  if (layer.relu || (layer.clip && layer.clip->front() >= 0.0F)) {
    return !layer.clip || layer.clip->front() >= 0.0F;
  }
  if (layer.clip || !layer.thresholds.empty() || layer.grid) {
    return false;
  }
  if (layer.is_array() || !layer.scale.empty() || !layer.bias.empty()) {
    return false;
  }
  return std::all_of(layer.inputs.begin(), layer.inputs.end(),
                     [&](const std::string& input) { return is_non_negative(network, input); });
}

QuantizedGraph lower(const Network& network, const QuantizeOptions& options) {
  return GraphBuilder{network, options}.run();
}

}  // namespace turnpike::models
