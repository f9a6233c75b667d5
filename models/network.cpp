#include "models/network.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "models/network_size.hpp"
#include "models/ops/ops.hpp"
#include "models/shape_inference.hpp"
#include "sim/base/text.hpp"

namespace turnpike::models {

namespace {

std::int64_t lowest(const StatedGrid& grid) {
  return grid.is_signed ? -(std::int64_t{1} << (grid.bits - 1)) : 0;
}

}  // namespace

std::int64_t StatedGrid::low() const {
  return codes ? codes->front() : lowest(*this);
}

std::int64_t StatedGrid::high() const {
  return codes ? codes->back() : lowest(*this) + (std::int64_t{1} << bits) - 1;
}

double StatedGrid::code(double value, std::size_t channel) const {
  const double code = std::nearbyint(value / step(channel) + zero_point);
  return std::min(std::max(code, static_cast<double>(low())), static_cast<double>(high()));
}

std::vector<TensorShape> Layer::weight_shapes() const {
  const auto shapes = operation(op).weight_shapes;
  return shapes == nullptr ? std::vector<TensorShape>{} : shapes(*this);
}

std::vector<std::string> Layer::weight_names() const {
  if (is_recurrent()) {
    return {name + ".wx", name + ".wh"};
  }
  return is_array() ? std::vector<std::string>{name + ".w"} : std::vector<std::string>{};
}

std::int64_t Layer::fan_in() const {
  const std::vector<TensorShape> shapes = weight_shapes();
  if (shapes.empty()) {
    return 0;
  }
  return is_recurrent() ? shapes[0].at(0) + shapes[1].at(0)
                        : element_count({shapes[0].begin() + 1, shapes[0].end()});
}

std::int64_t Layer::weight_count() const {
  const std::vector<TensorShape> shapes = weight_shapes();
  return shapes.empty() ? 0 : element_count(shapes[0]);
}

std::int64_t Layer::recurrent_weight_count() const {
  const std::vector<TensorShape> shapes = weight_shapes();
  return shapes.size() < 2 ? 0 : element_count(shapes[1]);
}

std::int64_t Layer::output_channels() const {
  return is_array() ? gates() * filters : output_shape.at(0);
}

std::int64_t Layer::macs() const {
  return element_count(output_shape) * gates() * fan_in();
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

bool Network::is_stated() const {
  return std::any_of(layers_.begin(), layers_.end(),
                     [](const Layer& each) { return each.grid || each.weight_grid; });
}

void Network::set_input(std::vector<float> values) {
  ensure(static_cast<std::int64_t>(values.size()) == batch_ * element_count(input_shape_),
         "the input has batch times input_shape values");
  input_ = std::move(values);
}

void Network::check_complete() const {
  for (const Layer& each : layers_) {
    const auto channels = static_cast<std::size_t>(each.output_channels());
    ensure(static_cast<std::int64_t>(each.weights.size()) == each.weight_count() &&
               static_cast<std::int64_t>(each.recurrent_weights.size()) ==
                   each.recurrent_weight_count() &&
               (each.bias.empty() || each.bias.size() == channels) &&
               (each.recurrent_bias.empty() || each.recurrent_bias.size() == channels) &&
               (each.scale.empty() || each.scale.size() == channels),
           fmt::format("layer '{}' has the weights its shape asks for", each.name));
  }
}

}  // namespace turnpike::models
