#include "models/import/shape_network.hpp"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "models/import/network_builder.hpp"
#include "models/zoo.hpp"

namespace turnpike::models::shapes {

ShapeNetwork::ShapeNetwork(std::string path, const ImportOptions& options)
    : path_{std::move(path)}, options_{options} {}

void ShapeNetwork::note(std::string sentence) {
  if (std::find(notes_.begin(), notes_.end(), sentence) == notes_.end()) {
    notes_.push_back(std::move(sentence));
  }
}

std::string ShapeNetwork::own_name(const std::string& wanted, const SourceSpot& spot) {
  if (names_.contains(wanted)) {
    throw FileError{spot, fmt::format("layer '{}' is given twice", wanted)};
  }
  return unique_layer_name(wanted, used_);
}

void ShapeNetwork::append(Layer layer, const std::string& wanted, const SourceSpot& spot,
                          const std::optional<TensorShape>& forced) {
  layer.name = own_name(wanted, spot);
  for (std::string& input : layer.inputs) {
    if (input != Network::kInput) {
      input = names_.at(input);
    }
  }
  try {
    names_[wanted] = network_->add(std::move(layer), spot, forced);
  } catch (const InputError& error) {
    // The file is wrong, not the configuration.
    const std::string what = error.what();
    const std::size_t from = what.find("layer '");
    throw FileError{spot, from == std::string::npos ? what : what.substr(from)};
  }
}

void ShapeNetwork::set_padding(PlacedLayer& placed) {
  if (placed.shape.input.size() != 3) {
    return;
  }
  const TensorShape& arrives = network_->shape_of(names_.at(placed.from.front()));
  const auto refuse = [&] {
    throw FileError{placed.spot, fmt::format("layer '{}' covers {}, but '{}' gives {}", placed.name,
                                             to_string(placed.shape.input), placed.from.front(),
                                             to_string(arrives))};
  };
  if (arrives.size() != 3 || arrives[0] != placed.shape.input[0]) {
    refuse();
  }
  std::array<std::int64_t, 2> missing{};
  for (std::size_t i = 0; i < 2; ++i) {
    // The last window may end before the map does.
    missing[i] = placed.shape.input[i + 1] - arrives[i + 1];
    if (missing[i] <= -placed.shape.layer.stride[i] ||
        missing[i] > 2 * (placed.shape.layer.kernel[i] - 1)) {
      refuse();
    }
    missing[i] = std::max<std::int64_t>(missing[i], 0);
  }
  if (placed.pad) {
    placed.shape.layer.pad = *placed.pad;
    return;
  }
  const auto before = [&](std::size_t i) { return static_cast<int>(missing[i] / 2); };
  const auto after = [&](std::size_t i) { return static_cast<int>(missing[i] - missing[i] / 2); };
  placed.shape.layer.pad = {before(0), before(1), after(0), after(1)};
  if (missing[0] + missing[1] > 0) {
    padded_.push_back(placed.name);
  }
}

void ShapeNetwork::add(PlacedLayer placed) {
  const ShapeLayer& shape = placed.shape;
  for (const std::string& sentence : shape.assumed) {
    note(sentence);
  }
  if (network_ && shape.batch != network_->batch()) {
    throw FileError{placed.spot, fmt::format("layer '{}' has a batch of {}, those before {}",
                                             placed.name, shape.batch, network_->batch())};
  }
  const bool first = !network_.has_value();
  if (first) {
    if (const std::string wrong = too_large_input(shape.input, shape.batch); !wrong.empty()) {
      throw FileError{placed.spot, fmt::format("layer '{}' reads {}", placed.name, wrong)};
    }
    network_.emplace(path_, shape.input, shape.batch);
  }
  for (const std::string& source : placed.from) {
    if (!names_.contains(source)) {
      throw FileError{placed.spot, fmt::format("layer '{}' reads '{}', which no layer before it "
                                               "is called",
                                               placed.name, source)};
    }
  }
  if (!placed.from.empty()) {
    set_padding(placed);
    Layer layer = placed.shape.layer;
    layer.inputs = placed.from;
    append(std::move(layer), placed.name, placed.spot, {});
    return;
  }
  Layer layer = shape.layer;
  layer.inputs = {std::string{Network::kInput}};
  if (layer.is_array()) {
    layer.requests.ifmap_zeros = options_.ifmap_zeros
                                     ? options_.ifmap_zeros
                                     : std::optional{placed.ifmap_zeros.value_or(0.0)};
    detached_ = true;
    append(std::move(layer), placed.name, placed.spot, shape.input);
    return;
  }
  if (!first) {
    throw FileError{placed.spot, fmt::format("layer '{}' does not say what it reads", placed.name)};
  }
  append(std::move(layer), placed.name, placed.spot, {});
}

void ShapeNetwork::add_sum(const std::string& name, const std::vector<std::string>& of,
                           const SourceSpot& spot) {
  for (const std::string& source : of) {
    if (!names_.contains(source)) {
      throw FileError{spot, fmt::format("layer '{}' adds '{}', which no layer before it is called",
                                        name, source)};
    }
  }
  Layer layer;
  layer.op = traces::Op::add;
  layer.inputs = of;
  append(std::move(layer), name, spot, {});
}

ImportedNetwork ShapeNetwork::finish() && {
  if (!network_ || network_->layers().empty()) {
    throw FileError{{.file = path_}, "has no layers"};
  }
  if (!padded_.empty()) {
    note(fmt::format(
        "padding is not stated: it is what the windows cover beyond the map that arrives, half of "
        "it before ({}{})",
        fmt::join(
            padded_.begin(),
            padded_.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(padded_.size(), 3)),
            ", "),
        padded_.size() > 3 ? fmt::format(" and {} more", padded_.size() - 3) : ""));
  }
  if (detached_) {
    double zeros = -1.0;
    bool alike = true;
    for (const Layer& layer : network_->layers()) {
      if (layer.requests.ifmap_zeros) {
        alike = alike && (zeros < 0.0 || zeros == *layer.requests.ifmap_zeros);
        zeros = *layer.requests.ifmap_zeros;
      }
    }
    note(fmt::format(
        "what feeds a layer is not stated: each reads synthetic codes of its own, {} "
        "zeros{}, and writes real values",
        alike ? fmt::format("{:g} % of them", zeros * 100.0) : "with the file's share of",
        options_.ifmap_zeros ? "" : " (trace import --ifmap-zeros)"));
  }
  note("weights and biases are synthetic; no activation function is stated, so there is none");
  network_->seed = options_.seed;
  fill_synthetic(*network_);
  return {std::move(*network_), std::move(notes_)};
}

}  // namespace turnpike::models::shapes
