#include "models/float_engine.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <new>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "models/convolution.hpp"
#include "models/elementwise.hpp"
#include "models/float_recurrent.hpp"
#include "models/network_size.hpp"
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

Values pool(const Layer& layer, std::int64_t batch, const Values& in) {
  PoolShape shape;
  shape.input = with_batch(layer.input_shape, batch);
  shape.output = with_batch(layer.output_shape, batch);
  shape.kernel = layer.kernel;
  shape.stride = layer.stride;
  shape.pad = layer.pad;
  if (layer.kernel == std::array<int, 2>{0, 0}) {
    shape.kernel = {static_cast<int>(layer.input_shape[1]), static_cast<int>(layer.input_shape[2])};
    shape.stride = {1, 1};
  }
  return layer.kind == LayerKind::maxpool ? max_pool(shape, in) : average_pool(shape, in);
}

/// The values of a pass that somebody still reads.
class ForwardPass {
 public:
  ForwardPass(const Network& network, const std::function<void(const FloatValue&)>& visit)
      : network_{network}, visit_{visit} {
    for (const Layer& layer : network.layers()) {
      if (!layer.requests.ifmap_zeros) {
        for (const std::string& input : layer.inputs) {
          ++readers_[input];
        }
      }
    }
    finish(std::string{Network::kInput}, network.input_shape(), network.input());
  }

  void run(const Layer& layer) {
    Values out;
    if (layer.is_recurrent()) {
      RecurrentValues values = float_recurrent(layer, value(layer.inputs[0]));
      if (layer.kind == LayerKind::lstm) {
        visit_({layer.name + ".cell", layer.output_shape, values.cell});
      }
      out = std::move(values.output);
    } else if (layer.is_array()) {
      out.resize(static_cast<std::size_t>(network_.batch() * element_count(layer.output_shape)));
      const Values synthetic = synthetic_input(layer);
      const Values& in = layer.requests.ifmap_zeros ? synthetic : value(layer.inputs[0]);
      convolve<float>(conv_shape(layer, network_.batch()), in.data(), layer.weights.data(),
                      out.data());
    } else {
      out = element_wise(layer);
    }
    if (!layer.is_recurrent() && (!layer.scale.empty() || !layer.bias.empty())) {
      apply_channels(layer, with_batch(layer.output_shape, network_.batch()), out);
    }
    if (layer.relu) {
      for (float& each : out) {
        each = std::max(each, 0.0F);
      }
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
        sparse_codes({.count = network_.batch() * element_count(layer.input_shape),
                      .zero_fraction = *layer.requests.ifmap_zeros,
                      .low = 0,
                      .high = kTop,
                      .zero = 0},
                     tensor_seed(network_.seed, layer.name + ".x"));
    Values values(codes.size());
    std::transform(codes.begin(), codes.end(), values.begin(), [](std::int32_t code) {
      return static_cast<float>(static_cast<double>(code) / static_cast<double>(kTop));
    });
    visit_({layer.name + ".x", with_batch(layer.input_shape, network_.batch()), values});
    return values;
  }

  [[nodiscard]] Values element_wise(const Layer& layer) const {
    const std::int64_t batch = network_.batch();
    Values out = value(layer.inputs[0]);
    switch (layer.kind) {
      case LayerKind::add: {
        const TensorShape target = with_batch(layer.output_shape, batch);
        const Values skip = skip_operand(
            value(layer.inputs[1]), with_batch(network_.shape_of(layer.inputs[1]), batch), target,
            {.stride = layer.skip_stride, .channel_pad = layer.channel_pad});
        std::transform(out.begin(), out.end(), skip.begin(), out.begin(), std::plus<>{});
        return out;
      }
      case LayerKind::mul: {
        const Values& by = value(layer.inputs[1]);
        std::transform(out.begin(), out.end(), by.begin(), out.begin(), std::multiplies<>{});
        return out;
      }
      case LayerKind::maxpool:
      case LayerKind::avgpool:
        return pool(layer, batch, out);
      case LayerKind::concat: {
        std::vector<Values> parts;
        std::vector<TensorShape> shapes;
        for (const std::string& input : layer.inputs) {
          parts.push_back(value(input));
          shapes.push_back(with_batch(network_.shape_of(input), batch));
        }
        return concatenate(parts, shapes);
      }
      default:
        return out;
    }
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
    visit_({name, with_batch(shape, network_.batch()), values});
    if (readers_[name] > 0) {
      live_[name] = std::move(values);
    }
  }

  const Network& network_;
  const std::function<void(const FloatValue&)>& visit_;
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

ConvShape conv_shape(const Layer& layer, std::int64_t batch) {
  ConvShape shape;
  shape.batch =
      layer.kind == LayerKind::fc && layer.input_shape.size() == 2 ? layer.input_shape[0] : batch;
  shape.filters = layer.filters;
  if (layer.kind == LayerKind::fc) {
    shape.channels = layer.fan_in();
    return shape;
  }
  shape.channels = layer.input_shape.at(0);
  shape.rows = layer.input_shape.at(1);
  shape.columns = layer.input_shape.at(2);
  shape.kernel_rows = layer.kernel[0];
  shape.kernel_columns = layer.kernel[1];
  shape.stride_rows = layer.stride[0];
  shape.stride_columns = layer.stride[1];
  shape.pad = layer.pad;
  shape.groups = layer.groups;
  shape.out_rows = layer.output_shape.at(1);
  shape.out_columns = layer.output_shape.at(2);
  return shape;
}

void forward(const Network& network, const std::function<void(const FloatValue&)>& visit) {
  network.check_complete();
  ForwardPass pass{network, visit};
  for (const Layer& layer : network.layers()) {
    try {
      pass.run(layer);
    } catch (const std::bad_alloc&) {
      throw out_of_memory(network, layer.name);
    }
  }
}

}  // namespace turnpike::models
