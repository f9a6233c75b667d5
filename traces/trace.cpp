#include "traces/trace.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "sim/base/error.hpp"

namespace turnpike::traces {

std::string_view to_string(Op op) {
  return format_of(op).name;
}

bool from_string(std::string_view name, Op& op) {
  const auto* const found = std::find_if(
      kOps.begin(), kOps.end(), [name](const OpFormat& each) { return each.name == name; });
  if (found == kOps.end()) {
    return false;
  }
  op = found->op;
  return true;
}

std::int64_t TensorDeclaration::min_code() const {
  return is_signed || kind == TensorKind::midrise ? -(std::int64_t{1} << (bits - 1)) : 0;
}

std::int64_t TensorDeclaration::max_code() const {
  return is_signed || kind == TensorKind::midrise ? (std::int64_t{1} << (bits - 1)) - 1
                                                  : (std::int64_t{1} << bits) - 1;
}

bool TensorDeclaration::has_zero() const {
  return is_float() || (std::nearbyint(zero_point) == zero_point &&
                        zero_point >= static_cast<double>(min_code()) &&
                        zero_point <= static_cast<double>(max_code()));
}

template <class Entry>
Entry& GraphOf<Entry>::add_tensor(Entry tensor) {
  const bool added = index_.emplace(tensor.name, tensors_.size()).second;
  ensure(added, fmt::format("tensor '{}' is added once", tensor.name));
  return tensors_.emplace_back(std::move(tensor));
}

template <class Entry>
void GraphOf<Entry>::remove_tensor(const std::string& name) {
  const auto found = index_.find(name);
  ensure(found != index_.end(), fmt::format("tensor '{}' exists", name));
  tensors_.erase(tensors_.begin() + static_cast<std::ptrdiff_t>(found->second));
  index_.clear();
  for (std::size_t i = 0; i < tensors_.size(); ++i) {
    index_.emplace(tensors_[i].name, i);
  }
}

template <class Entry>
const Entry& GraphOf<Entry>::tensor(const std::string& name) const {
  const auto found = index_.find(name);
  ensure(found != index_.end(), fmt::format("tensor '{}' exists", name));
  return tensors_[found->second];
}

template <class Entry>
Entry& GraphOf<Entry>::tensor(const std::string& name) {
  const auto found = index_.find(name);
  ensure(found != index_.end(), fmt::format("tensor '{}' exists", name));
  return tensors_[found->second];
}

template class GraphOf<ProgramTensor>;
template class GraphOf<TensorEntry>;

std::optional<std::size_t> Graph::producer(const std::string& tensor) const {
  for (std::size_t i = 0; i < layers.size(); ++i) {
    if (layers[i].output == tensor) {
      return i;
    }
  }
  return std::nullopt;
}

std::vector<std::size_t> Graph::consumers(const std::string& tensor) const {
  std::vector<std::size_t> readers;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    if (std::find(layers[i].inputs.begin(), layers[i].inputs.end(), tensor) !=
        layers[i].inputs.end()) {
      readers.push_back(i);
    }
  }
  return readers;
}

std::set<std::string> Program::parameters() const {
  std::set<std::string> names;
  for (const LayerEntry& layer : layers) {
    names.insert(layer.weights.begin(), layer.weights.end());
    for (const PostStep& step : layer.post) {
      if (!step.tensor.empty()) {
        names.insert(step.tensor);
      }
    }
    if (layer.recurrent && !layer.recurrent->bias.empty()) {
      names.insert(layer.recurrent->bias);
    }
    if (layer.recurrent && !layer.recurrent->recurrent_bias.empty()) {
      names.insert(layer.recurrent->recurrent_bias);
    }
    if (layer.requantize && !layer.requantize->bias.empty()) {
      names.insert(layer.requantize->bias);
    }
  }
  return names;
}

const Tensor& TensorValues::at(const std::string& name) const {
  const auto found = values_.find(name);
  ensure(found != values_.end(), fmt::format("tensor '{}' has values", name));
  return found->second;
}

std::int64_t TensorValues::bytes() const {
  std::int64_t sum = 0;
  for (const auto& [name, data] : values_) {
    sum += data.bytes();
  }
  return sum;
}

Tensor TensorValues::take(const std::string& name) {
  const auto found = values_.find(name);
  ensure(found != values_.end(), fmt::format("tensor '{}' has values", name));
  Tensor data = std::move(found->second);
  values_.erase(found);
  return data;
}

Trace::Trace(const Program& program, Parameters parameters, Activations activations) {
  static_cast<Graph&>(*this) = program;
  for (const ProgramTensor& declared : program.tensors()) {
    TensorEntry entry;
    static_cast<TensorDeclaration&>(entry) = declared;
    entry.data = parameters.has(declared.name) ? parameters.take(declared.name)
                                               : activations.take(declared.name);
    add_tensor(std::move(entry));
  }
}

Program Trace::program() const {
  Program program;
  static_cast<Graph&>(program) = *this;
  for (const TensorEntry& entry : tensors()) {
    ProgramTensor declared;
    static_cast<TensorDeclaration&>(declared) = entry;
    declared.shape = entry.data.shape();
    declared.single = entry.data.holds<float>();
    program.add_tensor(std::move(declared));
  }
  return program;
}

Trace::Parts Trace::split() && {
  Parts parts{.program = program(), .parameters = {}, .activations = {}};
  const std::set<std::string> constant = parts.program.parameters();
  for (TensorEntry& entry : tensors_) {
    TensorValues& values = constant.contains(entry.name)
                               ? static_cast<TensorValues&>(parts.parameters)
                               : static_cast<TensorValues&>(parts.activations);
    values.put(entry.name, std::move(entry.data));
  }
  return parts;
}

}  // namespace turnpike::traces
