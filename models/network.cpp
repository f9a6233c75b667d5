#include "models/network.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "models/network_size.hpp"
#include "models/shape_inference.hpp"
#include "sim/base/text.hpp"

namespace turnpike::models {
namespace {

constexpr std::array<std::string_view, 10> kKindNames = {
    "conv", "fc", "lstm", "gru", "add", "mul", "maxpool", "avgpool", "concat", "affine"};

}  // namespace

std::string_view to_string(LayerKind kind) {
  return kKindNames.at(static_cast<std::size_t>(kind));
}

bool from_string(std::string_view name, LayerKind& kind) {
  const auto* const found = std::find(kKindNames.begin(), kKindNames.end(), name);
  if (found == kKindNames.end()) {
    return false;
  }
  kind = static_cast<LayerKind>(found - kKindNames.begin());
  return true;
}

std::int64_t Layer::fan_in() const {
  switch (kind) {
    case LayerKind::conv:
      return input_shape.at(0) / groups * kernel[0] * kernel[1];
    case LayerKind::fc:
      // [steps, features] is a sequence: the layer is applied to each step.
      return input_shape.size() == 2 ? input_shape[1] : element_count(input_shape);
    case LayerKind::lstm:
    case LayerKind::gru:
      return input_shape.at(1) + filters;
    default:
      return 0;
  }
}

std::int64_t Layer::weight_count() const {
  if (is_recurrent()) {
    return input_shape.at(1) * gates() * filters;
  }
  return is_array() ? filters * fan_in() : 0;
}

std::int64_t Layer::recurrent_weight_count() const {
  return is_recurrent() ? filters * gates() * filters : 0;
}

std::int64_t Layer::output_channels() const {
  if (is_recurrent()) {
    return gates() * filters;
  }
  return is_array() ? filters : output_shape.at(0);
}

std::int64_t Layer::macs() const {
  if (is_recurrent()) {
    return steps * gates() * filters * fan_in();
  }
  return is_array() ? element_count(output_shape) * fan_in() : 0;
}

Network::Network(std::string name, TensorShape input_shape, std::int64_t batch)
    : name_{std::move(name)}, input_shape_{std::move(input_shape)}, batch_{batch} {
  ensure(batch_ > 0 && element_count(input_shape_) > 0, "a network has a batch and an input shape");
}

const std::string& Network::add(Layer layer, const std::optional<SourceSpot>& spot,
                                const std::optional<TensorShape>& forced_input) {
  const SourceSpot where = spot.value_or(SourceSpot{.file = name_});
  const auto fail = [&](std::string_view what) {
    throw InputError{where, fmt::format("layer '{}': {}", layer.name, what)};
  };
  if (layer.name.empty() || layer.name == kInput || index_.contains(layer.name)) {
    fail("a layer's name must be unique, not empty and not 'input'");
  }
  if (layer.inputs.empty()) {
    layer.inputs = {layers_.empty() ? std::string{kInput} : layers_.back().name};
  }
  std::vector<TensorShape> shapes;
  for (const std::string& input : layer.inputs) {
    if (input != kInput && !index_.contains(input)) {
      std::vector<std::string> known = {std::string{kInput}};
      for (const Layer& before : layers_) {
        known.push_back(before.name);
      }
      fail(fmt::format("reads '{}', which no layer before it is called{}", input,
                       suggestion(input, known)));
    }
    shapes.push_back(shape_of(input));
  }
  if (forced_input) {
    shapes[0] = *forced_input;
  }
  layer.input_shape = shapes[0];
  if (const std::string wrong = infer_shape(layer, shapes, batch_); !wrong.empty()) {
    fail(wrong);
  }
  if (const std::string wrong = too_large(layer, batch_); !wrong.empty()) {
    fail(wrong);
  }
  index_.emplace(layer.name, layers_.size());
  return layers_.emplace_back(std::move(layer)).name;
}

const Layer& Network::layer(const std::string& name) const {
  const auto found = index_.find(name);
  ensure(found != index_.end(), fmt::format("layer '{}' exists", name));
  return layers_[found->second];
}

Layer& Network::layer(const std::string& name) {
  const auto found = index_.find(name);
  ensure(found != index_.end(), fmt::format("layer '{}' exists", name));
  return layers_[found->second];
}

const TensorShape& Network::shape_of(const std::string& name) const {
  return name == kInput ? input_shape_ : layer(name).output_shape;
}

std::vector<std::size_t> Network::consumers(const std::string& name) const {
  std::vector<std::size_t> readers;
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const auto& inputs = layers_[i].inputs;
    // A layer with synthetic data does not read its input, whatever the file says stands before it.
    if (!layers_[i].requests.ifmap_zeros &&
        std::find(inputs.begin(), inputs.end(), name) != inputs.end()) {
      readers.push_back(i);
    }
  }
  return readers;
}

std::int64_t Network::macs() const {
  std::int64_t sum = 0;
  for (const Layer& each : layers_) {
    sum += each.macs();
  }
  return sum;
}

bool Network::is_recurrent() const {
  return std::any_of(layers_.begin(), layers_.end(),
                     [](const Layer& each) { return each.is_recurrent(); });
}

void Network::set_input(std::vector<float> values) {
  ensure(static_cast<std::int64_t>(values.size()) == batch_ * element_count(input_shape_),
         "the input has batch times input_shape values");
  input_ = std::move(values);
}

void Network::check_complete() const {
  for (const Layer& each : layers_) {
    if (!each.is_array() && each.kind != LayerKind::affine) {
      continue;
    }
    const auto channels = static_cast<std::size_t>(each.output_channels());
    ensure(static_cast<std::int64_t>(each.weights.size()) == each.weight_count() &&
               static_cast<std::int64_t>(each.recurrent_weights.size()) ==
                   each.recurrent_weight_count() &&
               (each.bias.empty() || each.bias.size() == channels) &&
               (each.scale.empty() || each.scale.size() == channels),
           fmt::format("layer '{}' has the weights its shape asks for", each.name));
  }
}

}  // namespace turnpike::models
