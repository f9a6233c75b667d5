#include "traces/trace_stats.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <unordered_map>

#include "traces/trace_summary.hpp"

namespace turnpike::traces {
namespace {

constexpr std::size_t kWidest = 32;

/// Entropy in bits of one outcome of probability p: its part of the sum.
double part(double p) {
  return p > 0 ? -p * std::log2(p) : 0.0;
}

/// How often each code occurs, and how often each of its bits is 1.
struct CodeCounts {
  std::unordered_map<std::int64_t, std::int64_t> codes;
  std::array<std::int64_t, kWidest> ones = {};
};

CodeCounts count_codes(const Tensor& data) {
  CodeCounts counts;
  data.visit([&](const auto& values) {
    for (const auto value : values) {
      ++counts.codes[static_cast<std::int64_t>(value)];
    }
  });
  for (const auto& [code, times] : counts.codes) {
    for (std::size_t bit = 0; bit < kWidest; ++bit) {
      counts.ones.at(bit) += ((static_cast<std::uint64_t>(code) >> bit) & 1U) != 0 ? times : 0;
    }
  }
  return counts;
}

/// The fewest bits that hold both ends of a range of codes.
int width_of(std::int64_t low, std::int64_t high, bool is_signed) {
  const auto magnitude = [](std::int64_t code) {
    return static_cast<int>(
        std::bit_width(static_cast<std::uint64_t>(code < 0 ? -(code + 1) : code)));
  };
  const int width = std::max(magnitude(low), magnitude(high)) + (is_signed ? 1 : 0);
  return std::max(width, 1);
}

}  // namespace

TensorStats stats_of(const TensorEntry& tensor) {
  TensorStats stats{.tensor = tensor.name,
                    .kind = tensor.kind,
                    .bits = tensor.bits,
                    .is_signed = tensor.is_signed,
                    .elements = tensor.data.size(),
                    .zeros = zero_fraction(tensor),
                    .bit_entropy = {}};
  if (stats.elements == 0) {
    return stats;
  }
  tensor.data.visit([&](const auto& values) {
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    stats.low = static_cast<double>(*low);
    stats.high = static_cast<double>(*high);
  });
  if (tensor.is_float()) {
    return stats;
  }
  stats.bits_used = width_of(static_cast<std::int64_t>(stats.low),
                             static_cast<std::int64_t>(stats.high), tensor.is_signed);
  const CodeCounts counts = count_codes(tensor.data);
  const auto all = static_cast<double>(stats.elements);
  for (const auto& [code, times] : counts.codes) {
    stats.entropy += part(static_cast<double>(times) / all);
  }
  for (int bit = 0; bit < tensor.bits; ++bit) {
    const double p = static_cast<double>(counts.ones.at(static_cast<std::size_t>(bit))) / all;
    stats.bit_entropy.push_back(part(p) + part(1 - p));
  }
  return stats;
}

std::vector<TensorStats> stats_of(const Trace& trace) {
  std::vector<TensorStats> all;
  for (const TensorEntry& tensor : trace.tensors()) {
    all.push_back(stats_of(tensor));
  }
  return all;
}

}  // namespace turnpike::traces
