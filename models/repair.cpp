#include "models/repair.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "models/engine.hpp"
#include "models/float_engine.hpp"
#include "models/ops/products.hpp"
#include "models/parallel.hpp"
#include "models/post_steps.hpp"
#include "sim/base/text.hpp"

namespace turnpike::models {
namespace {

/// Sum and sum of squares of a layer's values by channel.
struct ChannelSums {
  std::vector<double> sum;
  std::vector<double> square;
  std::int64_t count = 0;  ///< values a channel

  template <class Values>
  void add(const Values& values, const TensorShape& shape) {
    const auto channels = static_cast<std::size_t>(shape.at(1));
    const std::size_t planes = static_cast<std::size_t>(shape.at(0)) * channels;
    const std::size_t inner = values.size() / planes;
    sum.resize(channels);
    square.resize(channels);
    for (std::size_t plane = 0; plane < planes; ++plane) {
      for (std::size_t i = plane * inner; i < (plane + 1) * inner; ++i) {
        const auto value = static_cast<double>(values[i]);
        sum[plane % channels] += value;
        square[plane % channels] += value * value;
      }
    }
    count += shape[0] * static_cast<std::int64_t>(inner);
  }
  void add(const ChannelSums& other) {
    sum.resize(std::max(sum.size(), other.sum.size()));
    square.resize(sum.size());
    for (std::size_t c = 0; c < other.sum.size(); ++c) {
      sum[c] += other.sum[c];
      square[c] += other.square[c];
    }
    count += other.count;
  }
  [[nodiscard]] double mean(std::size_t c) const { return sum[c] / static_cast<double>(count); }
  /// Divided by count - 1.
  [[nodiscard]] double variance(std::size_t c) const {
    const double centred = square[c] - sum[c] * mean(c);
    return std::max(0.0, centred) / static_cast<double>(std::max<std::int64_t>(count - 1, 1));
  }
};

/// Splits inputs into pieces that run side by side, layer by layer.
class LayerwiseRun {
 public:
  LayerwiseRun(const Network& network, const QuantizedNetwork& quantized, const RepairPlan& plan)
      : program_{quantized.program}, threads_{plan.threads} {
    const std::int64_t values = element_count(network.input_shape());
    const std::int64_t total = static_cast<std::int64_t>(plan.inputs.size()) / values;
    const std::int64_t at_once = inputs_at_once(network);
    for (std::int64_t first = 0; first < total; first += at_once) {
      const std::int64_t count = std::min(at_once, total - first);
      const std::vector<float> some{plan.inputs.begin() + first * values,
                                    plan.inputs.begin() + (first + count) * values};
      pieces_.push_back(std::make_unique<Execution>(
          quantized.program, quantized.parameters,
          input_codes(quantized.program, some, with_batch(network.input_shape(), count)),
          Keep::outputs));
    }
  }

  /// Sums of a conv or fc layer by channel; `post`: after its scale and bias, before its ReLU.
  [[nodiscard]] ChannelSums sums(std::size_t layer, bool post) {
    std::vector<ChannelSums> found(pieces_.size());
    each_piece([&](std::size_t piece) {
      const LayerOperands operands = pieces_[piece]->operands(layer);
      RealValues values = quantized_products(conv_shape(operands), operands);
      for (const traces::PostStep& step : operands.entry().post) {
        if (post && step.kind != traces::PostStep::Kind::relu) {
          apply_step(operands, step, values.shape, values.values);
        }
      }
      found[piece].add(values.values, values.shape);
    });
    ChannelSums all;
    for (const ChannelSums& piece : found) {
      all.add(piece);
    }
    return all;
  }

  void run_layer(std::size_t layer) {
    each_piece([&](std::size_t piece) { pieces_[piece]->run_layer(layer); });
  }

 private:
  void each_piece(const std::function<void(std::size_t)>& task) const {
    parallel_for(static_cast<std::int64_t>(pieces_.size()), threads_,
                 [&](std::int64_t piece) { task(static_cast<std::size_t>(piece)); });
  }

  const traces::Program& program_;
  int threads_;
  std::vector<std::unique_ptr<Execution>> pieces_;
};

void put(traces::Parameters& parameters, const std::string& name,
         const std::vector<float>& values) {
  parameters.put(name, Tensor{{static_cast<std::int64_t>(values.size())}, values});
}

void set_norm(const Layer& layer, const ChannelSums& sums, traces::Parameters& parameters) {
  std::vector<float> scale;
  std::vector<float> bias;
  for (std::size_t c = 0; c < layer.norm->gain.size(); ++c) {
    const double factor =
        static_cast<double>(layer.norm->gain[c]) / std::sqrt(sums.variance(c) + layer.norm->eps);
    scale.push_back(static_cast<float>(factor));
    bias.push_back(
        static_cast<float>(static_cast<double>(layer.norm->shift[c]) - sums.mean(c) * factor));
  }
  put(parameters, layer.name + ".scale", scale);
  put(parameters, layer.name + ".bias", bias);
}

/// Float means by channel of what each conv and fc layer gives before its ReLU.
std::map<std::string, ChannelSums> float_sums(const Network& network, const RepairPlan& plan) {
  const std::int64_t values = element_count(network.input_shape());
  const std::int64_t total = static_cast<std::int64_t>(plan.inputs.size()) / values;
  const std::int64_t at_once = inputs_at_once(network);
  const std::int64_t pieces = (total + at_once - 1) / at_once;
  std::vector<std::map<std::string, ChannelSums>> found(static_cast<std::size_t>(pieces));
  parallel_for(pieces, plan.threads, [&](std::int64_t piece) {
    const std::int64_t first = piece * at_once;
    const std::int64_t last = std::min(total, first + at_once);
    const std::vector<float> some{plan.inputs.begin() + first * values,
                                  plan.inputs.begin() + last * values};
    const FloatVisitor visitor{.value = [](const FloatValue&) {},
                               .before_relu =
                                   [&](const FloatValue& value) {
                                     if (network.layer(value.name).is_product()) {
                                       found[static_cast<std::size_t>(piece)][value.name].add(
                                           value.values, value.shape);
                                     }
                                   }};
    forward(network, {some, last - first}, visitor);
  });
  std::map<std::string, ChannelSums> all;
  for (const auto& piece : found) {
    for (const auto& [name, sums] : piece) {
      all[name].add(sums);
    }
  }
  return all;
}

/// Every conv and fc layer with a bias, so that there is one to correct.
Network with_biases(Network network) {
  for (const Layer& each : std::vector<Layer>{network.layers()}) {
    if (each.is_product() && each.bias.empty()) {
      network.layer(each.name).bias.assign(static_cast<std::size_t>(each.output_channels()), 0.0F);
    }
  }
  return network;
}

void check_norms(const Network& network) {
  const auto& layers = network.layers();
  if (std::none_of(layers.begin(), layers.end(),
                   [](const Layer& layer) { return layer.norm.has_value(); })) {
    throw InputError{{.file = network.name()},
                     "no layer has a batch norm to re-estimate: its weights come without one; "
                     "--repair bias needs none"};
  }
}

}  // namespace

Repair repair_named(const std::string& name) {
  if (name != "none" && name != "bn" && name != "bias") {
    throw InputError{{"repair", 0, 0},
                     fmt::format("is '{}', but must be none, bn or bias{}", name,
                                 suggestion(name, {"none", "bn", "bias"}))};
  }
  return name == "bn" ? Repair::batch_norm : name == "bias" ? Repair::bias : Repair::none;
}

QuantizedNetwork repaired(const Network& given, const Calibration& calibration,
                          const QuantizeOptions& options, const RepairPlan& plan) {
  if (plan.repair == Repair::none) {
    return quantize_network(given, calibration, options);
  }
  const bool norms = plan.repair == Repair::batch_norm;
  if (norms) {
    check_norms(given);
  }
  const Network network = norms ? given : with_biases(given);
  QuantizedNetwork quantized = quantize_network(network, calibration, options);
  const auto wanted = norms ? std::map<std::string, ChannelSums>{} : float_sums(network, plan);
  LayerwiseRun run{network, quantized, plan};
  for (std::size_t i = 0; i < quantized.program.layers.size(); ++i) {
    const std::string& name = quantized.program.layers[i].name;
    if (network.has_layer(name) && network.layer(name).is_product()) {
      const Layer& layer = network.layer(name);
      if (norms && layer.norm) {
        set_norm(layer, run.sums(i, false), quantized.parameters);
      } else if (!norms) {
        const ChannelSums found = run.sums(i, true);
        std::vector<float> bias = layer.bias;
        for (std::size_t c = 0; c < bias.size(); ++c) {
          bias[c] += static_cast<float>(wanted.at(name).mean(c) - found.mean(c));
        }
        put(quantized.parameters, name + ".bias", bias);
      }
    }
    run.run_layer(i);
  }
  return quantized;
}

}  // namespace turnpike::models
