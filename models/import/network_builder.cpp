#include "models/import/network_builder.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "models/zoo.hpp"

namespace turnpike::models {
namespace {

constexpr std::size_t kLongestName = 96;

/// Letters, digits and signs that mean nothing to a terminal, a table or an archive.
std::string plain(const std::string& text) {
  std::string out;
  for (const char c : text.substr(0, kLongestName)) {
    const bool harmless = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                          (c >= 'A' && c <= 'Z') || c == '.' || c == '_' || c == '-' || c == '/';
    out.push_back(harmless ? c : '_');
  }
  return out;
}

}  // namespace

std::string too_large_input(const TensorShape& shape, std::int64_t batch) {
  constexpr std::int64_t kMost = std::int64_t{1} << 31;
  std::int64_t count = 1;
  for (const std::int64_t extent : shape) {
    if (extent < 1 || extent > kMost / count) {
      return fmt::format("an input of {}", to_string(shape));
    }
    count *= extent;
  }
  return batch < 1 || batch > kMost / count
             ? fmt::format("a batch of {} inputs of {}", batch, to_string(shape))
             : "";
}

std::string unique_layer_name(const std::string& wanted, std::set<std::string>& names) {
  std::string name = plain(wanted);
  if (name.empty() || name == Network::kInput) {
    name = "layer_" + name;
  }
  // "a.b" beside "a" could give two tensors one name, such as a's "a.q" and b's.
  for (std::size_t dot = name.find('.'); dot != std::string::npos; dot = name.find('.', dot + 1)) {
    if (names.contains(name.substr(0, dot)) || name.substr(0, dot) == Network::kInput) {
      name[dot] = '_';
    }
  }
  const auto taken = [&names](const std::string& candidate) {
    const auto next = names.lower_bound(candidate);
    const auto below = names.lower_bound(candidate + ".");
    return (next != names.end() && *next == candidate) ||
           (below != names.end() && below->starts_with(candidate + "."));
  };
  std::string candidate = name;
  for (int i = 2; taken(candidate); ++i) {
    candidate = fmt::format("{}_{}", name, i);
  }
  names.insert(candidate);
  return candidate;
}

void NetworkBuilder::fail(const std::string& node, std::string_view what) const {
  throw FileError{{.file = path_},
                  node.empty() ? std::string{what} : fmt::format("node {}: {}", node, what)};
}

void NetworkBuilder::set_input(const TensorShape& shape, std::int64_t batch,
                               const std::string& node) {
  if (network_) {
    if (network_->input_shape() != shape) {
      fail(node, fmt::format("reads the input as {}, but another node as {}", to_string(shape),
                             to_string(network_->input_shape())));
    }
    return;
  }
  if (const std::string wrong = too_large_input(shape, batch); !wrong.empty()) {
    fail(node, "reads " + wrong);
  }
  network_.emplace(name_, shape, batch);
}

std::string NetworkBuilder::add(Layer layer, const std::string& wanted, const std::string& node) {
  if (!network_) {
    fail(node, "has no input that depends on the network's");
  }
  layer.name = unique_layer_name(wanted, names_);
  try {
    return network_->add(std::move(layer), SourceSpot{.file = path_});
  } catch (const FileError&) {
    throw;
  } catch (const InputError& error) {
    const std::string what = error.what();
    const std::size_t from = what.find("layer '");
    fail(node, from == std::string::npos ? what : what.substr(from));
  }
}

void NetworkBuilder::note(std::string sentence) {
  if (std::find(notes_.begin(), notes_.end(), sentence) == notes_.end()) {
    notes_.push_back(std::move(sentence));
  }
}

ImportedNetwork NetworkBuilder::finish(std::uint64_t seed) && {
  if (!network_ || network_->layers().empty()) {
    fail("", "computes nothing from its input");
  }
  for (const Layer& layer : network_->layers()) {
    for (const std::vector<float>* values :
         {&layer.weights, &layer.recurrent_weights, &layer.scale, &layer.bias,
          &layer.recurrent_bias, &layer.thresholds}) {
      if (!std::all_of(values->begin(), values->end(),
                       [](float value) { return std::isfinite(value); })) {
        fail("", fmt::format("layer '{}': its weights, scales or biases hold infinity or NaN",
                             layer.name));
      }
    }
  }
  network_->seed = seed;
  set_synthetic_input(*network_);
  return {std::move(*network_), std::move(notes_)};
}

void append_affine(Layer& layer, std::int64_t channels, const std::vector<double>& factor,
                   const std::vector<double>& offset) {
  const auto count = static_cast<std::size_t>(channels);
  const auto at = [](const std::vector<double>& values, std::size_t c, double absent) {
    return values.empty() ? absent : values[values.size() == 1 ? 0 : c];
  };
  const bool scales = !factor.empty();
  if (scales && layer.scale.empty()) {
    layer.scale.assign(count, 1.0F);
  }
  if (layer.bias.empty() && !offset.empty()) {
    layer.bias.assign(count, 0.0F);
  }
  for (std::size_t c = 0; c < count; ++c) {
    const double by = at(factor, c, 1.0);
    if (scales) {
      layer.scale[c] = static_cast<float>(static_cast<double>(layer.scale[c]) * by);
    }
    if (!layer.bias.empty()) {
      layer.bias[c] =
          static_cast<float>(static_cast<double>(layer.bias[c]) * by + at(offset, c, 0.0));
    }
  }
}

void set_code_range(StatedGrid& grid, std::int64_t low, std::int64_t high) {
  grid.is_signed = low < 0;
  grid.bits = 1;
  grid.codes.reset();
  while (grid.bits < 32 && (grid.low() > low || grid.high() < high)) {
    ++grid.bits;
  }
  if (grid.low() != low || grid.high() != high) {
    grid.codes = {low, high};
  }
}

}  // namespace turnpike::models
