#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "models/network.hpp"

/// A layer as loops over a sum of products: what Timeloop problems, AccelForge workloads and ZigZag
/// workloads have in common. output[...] += input[...] * weight[...], each index a sum of loops
/// times a factor.
namespace turnpike::models::shapes {

constexpr long kMostLoop = 1L << 31;  ///< iterations of a loop

struct LoopTerm {
  std::string loop;
  std::int64_t factor = 1;
};
/// An index of an operand: the sum of its terms.
using Axis = std::vector<LoopTerm>;

struct Einsum {
  SourceSpot spot;
  std::map<std::string, std::int64_t> sizes;  ///< iterations of each loop
  std::vector<Axis> input, weight, output;
  std::string rows;   ///< output loop that counts rows of the map; "": the first of two
  std::string batch;  ///< output loop over the batch; "": none by that name
};

/// A layer of shapes only, not yet in a network.
struct ShapeLayer {
  Layer layer;        ///< op, filters, kernel, stride, groups; the rest is the reader's
  TensorShape input;  ///< what its windows cover: [C, H, W] with any padding, or [features]
  std::int64_t batch = 1;
  std::vector<std::string> assumed;  ///< sentences for notes
};

/// The conv or fc that an einsum is. Loops of input and output alone run over the map, of weight
/// and output over the filters, of input and weight over channels or a window, of all three over
/// groups. Output loops that no window covers and that are not the batch are positions of a 1x1
/// conv. FileError at its spot for anything else: dilated windows, more than two windows, loops
/// that one operand alone has, loops without a size.
[[nodiscard]] ShapeLayer layer_of(const Einsum& einsum);

/// `sum`, such as "2*ox+1*fx" or "p + r", as terms. FileError at `spot`.
[[nodiscard]] Axis parse_axis(const std::string& sum, const SourceSpot& spot);

/// A pooling window: output loops over the map and the channels, window loops in the input alone.
/// op is maxpool.
[[nodiscard]] ShapeLayer pool_of(const Einsum& einsum);

}  // namespace turnpike::models::shapes
