#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "traces/open_trace.hpp"
#include "traces/trace.hpp"

/// What `turnpike trace diff` shows: where two traces part.
namespace turnpike::traces {

/// A tensor that both traces have, with extents or elements that are not equal.
struct TensorDifference {
  std::string tensor;
  std::string layer;  ///< that writes it, else the first that reads it; empty if none names it
  TensorShape shape_a, shape_b;
  std::int64_t elements = 0;
  std::int64_t differing = 0;       ///< elements of unequal value, whatever type holds them
  std::vector<std::int64_t> first;  ///< index of the first of them in row-major order
  double a = 0, b = 0;              ///< its two values: codes, or real values of kind float
  double largest = 0;               ///< largest |a - b|
};

struct TraceDifference {
  /// Where the programs part, one line each: "layers/conv1/stride: 1 in A, 2 in B".
  std::vector<std::string> program;
  /// In the order in which the layers of A use them: the first is where the results part.
  std::vector<TensorDifference> tensors;
  std::int64_t tensors_compared = 0;

  [[nodiscard]] bool none() const { return program.empty() && tensors.empty(); }
};

/// Layers and tensors are paired by name. Element types do not matter, only values: a code is the
/// same in int8 and int32.
[[nodiscard]] TraceDifference difference(const Trace& a, const Trace& b);
/// The same of files: holds one tensor at a time, and checks the elements it compares.
[[nodiscard]] TraceDifference difference(const OpenTrace& a, const OpenTrace& b);

}  // namespace turnpike::traces
