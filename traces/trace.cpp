#include "traces/trace.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "sim/base/error.hpp"

namespace turnpike::traces {
namespace {

constexpr std::array<std::string_view, 10> kOpNames = {
    "conv", "fc", "lstm", "gru", "add", "mul", "maxpool", "avgpool", "concat", "quantize"};

}  // namespace

std::string_view to_string(Op op) {
  return kOpNames.at(static_cast<std::size_t>(op));
}

bool from_string(std::string_view name, Op& op) {
  const auto* const found = std::find(kOpNames.begin(), kOpNames.end(), name);
  if (found == kOpNames.end()) {
    return false;
  }
  op = static_cast<Op>(found - kOpNames.begin());
  return true;
}

std::int64_t TensorEntry::min_code() const {
  return is_signed || kind == TensorKind::midrise ? -(std::int64_t{1} << (bits - 1)) : 0;
}

std::int64_t TensorEntry::max_code() const {
  return is_signed || kind == TensorKind::midrise ? (std::int64_t{1} << (bits - 1)) - 1
                                                  : (std::int64_t{1} << bits) - 1;
}

bool TensorEntry::has_zero() const {
  return is_float() || (std::nearbyint(zero_point) == zero_point &&
                        zero_point >= static_cast<double>(min_code()) &&
                        zero_point <= static_cast<double>(max_code()));
}

TensorEntry& Trace::add_tensor(TensorEntry tensor) {
  const bool added = index_.emplace(tensor.name, tensors_.size()).second;
  ensure(added, fmt::format("tensor '{}' is added once", tensor.name));
  return tensors_.emplace_back(std::move(tensor));
}

const TensorEntry& Trace::tensor(const std::string& name) const {
  const auto found = index_.find(name);
  ensure(found != index_.end(), fmt::format("tensor '{}' exists", name));
  return tensors_[found->second];
}

TensorEntry& Trace::tensor(const std::string& name) {
  const auto found = index_.find(name);
  ensure(found != index_.end(), fmt::format("tensor '{}' exists", name));
  return tensors_[found->second];
}

std::optional<std::size_t> Trace::producer(const std::string& tensor) const {
  for (std::size_t i = 0; i < layers.size(); ++i) {
    if (layers[i].output == tensor) {
      return i;
    }
  }
  return std::nullopt;
}

std::vector<std::size_t> Trace::consumers(const std::string& tensor) const {
  std::vector<std::size_t> readers;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    if (std::find(layers[i].inputs.begin(), layers[i].inputs.end(), tensor) !=
        layers[i].inputs.end()) {
      readers.push_back(i);
    }
  }
  return readers;
}

}  // namespace turnpike::traces
