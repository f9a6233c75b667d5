#include "traces/trace_stats.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <type_traits>
#include <unordered_map>

#include "traces/trace_validate.hpp"

namespace turnpike::traces {
namespace {

constexpr std::size_t kWidest = 32;

/// Entropy in bits of one outcome of probability p: its part of the sum.
double part(double p) {
  return p > 0 ? -p * std::log2(p) : 0.0;
}

/// How often each code occurs. Those of 16 bits are counted in a table; of wider ones memory grows
/// with how many differ.
class CodeCounts {
 public:
  template <class T>
  void add(const std::vector<T>& codes) {
    if constexpr (sizeof(T) <= 2) {
      few_.resize(std::size_t{1} << 16U);
      for (const T code : codes) {
        ++few_[static_cast<std::size_t>(static_cast<std::uint16_t>(code))];
      }
      is_signed_ = std::is_signed_v<T>;
    } else if constexpr (std::is_integral_v<T>) {
      for (const T code : codes) {
        ++many_[static_cast<std::int64_t>(code)];
      }
    }
  }

  /// Calls use(code, how often).
  template <class Use>
  void for_each(const Use& use) const {
    for (std::size_t i = 0; i < few_.size(); ++i) {
      if (few_[i] > 0) {
        use(is_signed_ ? static_cast<std::int64_t>(static_cast<std::int16_t>(i))
                       : static_cast<std::int64_t>(i),
            few_[i]);
      }
    }
    for (const auto& [code, times] : many_) {
      use(code, times);
    }
  }

 private:
  std::vector<std::int64_t> few_;
  bool is_signed_ = false;
  std::unordered_map<std::int64_t, std::int64_t> many_;
};

/// The fewest bits that hold both ends of a range of codes.
int width_of(std::int64_t low, std::int64_t high, bool is_signed) {
  const auto magnitude = [](std::int64_t code) {
    return static_cast<int>(
        std::bit_width(static_cast<std::uint64_t>(code < 0 ? -(code + 1) : code)));
  };
  const int width = std::max(magnitude(low), magnitude(high)) + (is_signed ? 1 : 0);
  return std::max(width, 1);
}

/// Elements are handed on by `pieces`, once, and checked.
template <class Pieces>
TensorStats stats_of_pieces(const TensorDeclaration& tensor, std::int64_t elements,
                            const SourceSpot& spot, const Pieces& pieces) {
  TensorStats stats{.tensor = tensor.name,
                    .kind = tensor.kind,
                    .bits = tensor.bits,
                    .is_signed = tensor.is_signed,
                    .elements = elements,
                    .bit_entropy = {}};
  if (stats.elements == 0) {
    return stats;
  }
  stats.low = std::numeric_limits<double>::infinity();
  stats.high = -stats.low;
  std::int64_t zeros = 0;
  CodeCounts counts;
  pieces([&](const Tensor& piece, std::int64_t first) {
    validate_piece(tensor, piece, first, spot);
    piece.visit([&](const auto& values) {
      using T = typename std::decay_t<decltype(values)>::value_type;
      const auto [low, high] = std::minmax_element(values.begin(), values.end());
      stats.low = std::min(stats.low, static_cast<double>(*low));
      stats.high = std::max(stats.high, static_cast<double>(*high));
      if (tensor.is_float()) {
        zeros += std::count(values.begin(), values.end(), T{0});
      } else {
        counts.add(values);
      }
    });
  });
  const auto all = static_cast<double>(stats.elements);
  if (tensor.is_float()) {
    stats.zeros = static_cast<double>(zeros) / all;
    return stats;
  }
  stats.bits_used = width_of(static_cast<std::int64_t>(stats.low),
                             static_cast<std::int64_t>(stats.high), tensor.is_signed);
  std::array<std::int64_t, kWidest> ones = {};
  counts.for_each([&](std::int64_t code, std::int64_t times) {
    stats.entropy += part(static_cast<double>(times) / all);
    zeros += static_cast<double>(code) == tensor.zero_point ? times : 0;
    for (std::size_t bit = 0; bit < kWidest; ++bit) {
      ones.at(bit) += ((static_cast<std::uint64_t>(code) >> bit) & 1U) != 0 ? times : 0;
    }
  });
  stats.zeros = static_cast<double>(zeros) / all;
  for (int bit = 0; bit < tensor.bits; ++bit) {
    const double p = static_cast<double>(ones.at(static_cast<std::size_t>(bit))) / all;
    stats.bit_entropy.push_back(part(p) + part(1 - p));
  }
  return stats;
}

}  // namespace

TensorStats stats_of(const TensorEntry& tensor) {
  return stats_of_pieces(tensor, tensor.data.size(), {},
                         [&tensor](const UsePiece& use) { use(tensor.data, 0); });
}

TensorStats stats_of(const OpenTrace& trace, const std::string& name) {
  const ProgramTensor& tensor = trace.program().tensor(name);
  return stats_of_pieces(tensor, element_count(tensor.shape), trace.spot(),
                         [&](const UsePiece& use) { trace.pieces(name, use); });
}

std::vector<TensorStats> stats_of(const Trace& trace) {
  std::vector<TensorStats> all;
  for (const TensorEntry& tensor : trace.tensors()) {
    all.push_back(stats_of(tensor));
  }
  return all;
}

}  // namespace turnpike::traces
