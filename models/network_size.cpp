#include "models/network_size.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <unistd.h>

namespace turnpike::models {
namespace {

constexpr double kWeightBytes = 4.0 + 1.0;  // float32, and the codes
constexpr double kValueBytes = 4.0 + 8.0;   // float32, and the sums

/// Values of a layer's tensors; doubles, as the products of extents may not fit an integer.
struct Size {
  double input = 0.0, output = 0.0, weights = 0.0;
  [[nodiscard]] double bytes() const {
    return kWeightBytes * weights + kValueBytes * (input + output);
  }
};

double values_of(const TensorShape& shape) {
  double product = 1.0;
  for (const std::int64_t extent : shape) {
    product *= static_cast<double>(extent);
  }
  return product;
}

Size size_of(const Layer& layer, std::int64_t batch) {
  const auto images = static_cast<double>(batch);
  Size size{images * values_of(layer.input_shape), images * values_of(layer.output_shape), 0.0};
  for (const TensorShape& shape : layer.weight_shapes()) {
    size.weights += values_of(shape);
  }
  return size;
}

std::string gigabytes(double bytes) {
  return fmt::format("{:.3g} GB", bytes * 1e-9);
}

std::string described(const Layer& layer, const Size& size) {
  return fmt::format("input {} and output {} are {:.4g} values, the weights {:.4g}",
                     to_string(layer.input_shape), to_string(layer.output_shape),
                     size.input + size.output, size.weights);
}

double memory_bytes() {
  return static_cast<double>(::sysconf(_SC_PHYS_PAGES)) *
         static_cast<double>(::sysconf(_SC_PAGESIZE));
}

}  // namespace

std::string too_large(const Layer& layer, std::int64_t batch) {
  const Size size = size_of(layer, batch);
  const auto most = static_cast<double>(kMostValues);
  for (const auto& [what, values] : std::vector<std::pair<std::string, double>>{
           {"input of " + to_string(layer.input_shape), size.input},
           {"output of " + to_string(layer.output_shape), size.output},
           {"weights", size.weights}}) {
    if (values > most) {
      return fmt::format("its {} would have {:.4g} values{}, more than the {} of one tensor", what,
                         values, batch > 1 ? fmt::format(" in a batch of {}", batch) : "",
                         kMostValues);
    }
  }
  return "";
}

void check_memory(const Network& network) {
  double weights = 0.0;
  const Layer* largest = nullptr;
  Size most;
  for (const Layer& layer : network.layers()) {
    const Size size = size_of(layer, network.batch());
    weights += kWeightBytes * size.weights;
    if (largest == nullptr || size.bytes() > most.bytes()) {
      largest = &layer;
      most = size;
    }
  }
  const double needed = weights + kValueBytes * (most.input + most.output);
  if (largest != nullptr && needed > memory_bytes()) {
    throw InputError{{.file = network.name()},
                     fmt::format("needs {} of memory, but this machine has {}; most of it is for "
                                 "layer '{}': {}",
                                 gigabytes(needed), gigabytes(memory_bytes()), largest->name,
                                 described(*largest, most))};
  }
}

InputError out_of_memory(const Network& network, const std::string& layer) {
  const std::string size =
      network.has_layer(layer)
          ? ": " + described(network.layer(layer), size_of(network.layer(layer), network.batch()))
          : "";
  return {{.file = network.name()}, fmt::format("out of memory in layer '{}'{}", layer, size)};
}

}  // namespace turnpike::models
