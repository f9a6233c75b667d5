#include "models/float_engine.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <new>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "models/network_size.hpp"
#include "models/ops/ops.hpp"
#include "models/synthetic.hpp"
#include "sim/base/error.hpp"

namespace turnpike::models {
namespace {

using Values = std::vector<float>;

void apply_channels(const Layer& layer, const TensorShape& shape, Values& values) {
  // A sequence [steps, features] has its channels last; with N = steps that is axis 1 as elsewhere.
  const auto channels = static_cast<std::size_t>(shape.at(1));
  const std::size_t planes = static_cast<std::size_t>(shape.at(0)) * channels;
  const std::size_t inner = values.size() / planes;
  for (std::size_t plane = 0; plane < planes; ++plane) {
    const float scale = layer.scale.empty() ? 1.0F : layer.scale[plane % channels];
    const float bias = layer.bias.empty() ? 0.0F : layer.bias[plane % channels];
    for (std::size_t i = plane * inner; i < (plane + 1) * inner; ++i) {
      values[i] = values[i] * scale + bias;
    }
  }
}

void apply_thresholds(const Layer& layer, const TensorShape& shape, Values& values) {
  if (layer.thresholds.empty()) {
    return;
  }
  const auto channels = static_cast<std::size_t>(shape.at(1));
  const std::size_t count = layer.thresholds.size() / channels;
  const std::size_t inner = values.size() / (static_cast<std::size_t>(shape.at(0)) * channels);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto first =
        layer.thresholds.begin() + static_cast<std::ptrdiff_t>(i / inner % channels * count);
    const auto reached =
        std::upper_bound(first, first + static_cast<std::ptrdiff_t>(count), values[i]) - first;
    values[i] =
        static_cast<float>(static_cast<double>(reached) * layer.count_scale + layer.count_bias);
  }
}

/// The values of a pass that somebody still reads.
class ForwardPass {
 public:
  ForwardPass(const Network& network, const FloatInput& run_on, const FloatVisitor& visitor)
      : network_{network}, batch_{run_on.batch}, visitor_{visitor} {
    for (const Layer& layer : network.layers()) {
      if (!layer.requests.ifmap_zeros) {
        for (const std::string& input : layer.inputs) {
          ++readers_[input];
        }
      }
    }
    finish(std::string{Network::kInput}, network.input_shape(), run_on.values);
  }

  void run(const Layer& layer) {
    const Values synthetic = synthetic_input(layer);
    FloatOperands operands{.layer = layer,
                           .batch = batch_,
                           .inputs = {},
                           .output_shape = with_batch(layer.output_shape, batch_)};
    for (const std::string& input : layer.inputs) {
      const bool own = layer.requests.ifmap_zeros.has_value();
      const TensorShape& shape = own ? layer.input_shape : network_.shape_of(input);
      operands.inputs.push_back({own ? &synthetic : &value(input), with_batch(shape, batch_)});
    }
    FloatResult result = operation(layer.op).forward(operands);
    if (!result.state.empty()) {
      visitor_.value({layer.name + ".cell", layer.output_shape, result.state});
    }
    Values out = std::move(result.output);
    if (!layer.is_recurrent() && (!layer.scale.empty() || !layer.bias.empty())) {
      apply_channels(layer, operands.output_shape, out);
    }
    apply_thresholds(layer, operands.output_shape, out);
    if (visitor_.before_relu) {
      visitor_.before_relu({layer.name, operands.output_shape, out});
    }
    for (float& each : out) {
      each = layer.relu ? std::max(each, 0.0F) : each;
      each = layer.clip ? std::min(std::max(each, layer.clip->front()), layer.clip->back()) : each;
    }
    release(layer);
    finish(layer.name, layer.output_shape, std::move(out));
  }

 private:
  [[nodiscard]] const Values& value(const std::string& name) const {
    const auto found = live_.find(name);
    ensure(found != live_.end(), fmt::format("value '{}' is still there", name));
    return found->second;
  }

  [[nodiscard]] Values synthetic_input(const Layer& layer) {
    if (!layer.requests.ifmap_zeros) {
      return {};
    }
    constexpr std::int64_t kTop = 0xffff;
    const std::vector<std::int32_t> codes =
        sparse_codes({.count = batch_ * element_count(layer.input_shape),
                      .zero_fraction = *layer.requests.ifmap_zeros,
                      .low = 0,
                      .high = kTop,
                      .zero = 0},
                     tensor_seed(network_.seed, layer.name + ".x"));
    Values values(codes.size());
    std::transform(codes.begin(), codes.end(), values.begin(), [](std::int32_t code) {
      return static_cast<float>(static_cast<double>(code) / static_cast<double>(kTop));
    });
    visitor_.value({layer.name + ".x", with_batch(layer.input_shape, batch_), values});
    return values;
  }

  void release(const Layer& layer) {
    if (layer.requests.ifmap_zeros) {
      return;
    }
    for (const std::string& input : layer.inputs) {
      if (--readers_[input] == 0) {
        live_.erase(input);
      }
    }
  }

  void finish(const std::string& name, const TensorShape& shape, Values values) {
    visitor_.value({name, with_batch(shape, batch_), values});
    if (readers_[name] > 0) {
      live_[name] = std::move(values);
    }
  }

  const Network& network_;
  std::int64_t batch_;
  const FloatVisitor& visitor_;
  std::map<std::string, int> readers_;
  std::map<std::string, Values> live_;
};

}  // namespace

TensorShape with_batch(const TensorShape& shape, std::int64_t batch) {
  if (shape.size() == 2) {
    return shape;
  }
  TensorShape out = {batch};
  out.insert(out.end(), shape.begin(), shape.end());
  return out;
}

void forward(const Network& network, const FloatInput& input, const FloatVisitor& visitor) {
  network.check_complete();
  ForwardPass pass{network, input, visitor};
  for (const Layer& layer : network.layers()) {
    try {
      pass.run(layer);
    } catch (const std::bad_alloc&) {
      throw out_of_memory(network, layer.name);
    }
  }
}

void forward(const Network& network, const std::function<void(const FloatValue&)>& visit) {
  const FloatVisitor visitor{visit};
  forward(network, {network.input(), network.batch()}, visitor);
}

}  // namespace turnpike::models
