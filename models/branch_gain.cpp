#include "models/branch_gain.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace turnpike::models {
namespace {

/// The array layers whose sums reach `name` with nothing but element-wise layers in between.
std::vector<std::string> sources_of(const Network& network, const std::string& name) {
  std::vector<std::string> sources;
  std::vector<std::string> open{name};
  while (!open.empty()) {
    const std::string at = std::move(open.back());
    open.pop_back();
    if (at == Network::kInput) {
      continue;
    }
    const Layer& layer = network.layer(at);
    if (layer.is_array()) {
      sources.push_back(at);
    } else if (layer.op != traces::Op::add) {
      open.insert(open.end(), layer.inputs.begin(), layer.inputs.end());
    }
  }
  return sources;
}

}  // namespace

std::map<std::string, double> branch_gains(const Network& network) {
  std::map<std::string, int> adds{{std::string{Network::kInput}, 0}};
  std::map<std::string, double> gains;
  for (const Layer& layer : network.layers()) {
    int before = 0;
    for (const std::string& input : layer.inputs) {
      before = std::max(before, adds.at(input));
    }
    adds[layer.name] = before + (layer.op == traces::Op::add ? 1 : 0);
    if (layer.op != traces::Op::add || adds[layer.name] <= kUndampedAdds) {
      continue;
    }
    const double gain = 1.0 / std::sqrt(static_cast<double>(adds[layer.name] - kUndampedAdds));
    for (const std::string& input : layer.inputs) {
      for (const std::string& source : sources_of(network, input)) {
        gains[source] = gain;
      }
    }
  }
  return gains;
}

}  // namespace turnpike::models
