#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "models/network.hpp"
#include "traces/trace.hpp"

/// How far a quantized trace is from its float network.
namespace turnpike::models {

/// 1 - cos of the angle between two vectors of equal length: 0 for equal directions. A zero vector
/// has error 0 against another, 1 against anything else.
[[nodiscard]] double cosine_error(const std::vector<double>& a, const std::vector<double>& b);

/// Sums for a cosine error, over any number of pieces.
struct AngleSums {
  double dot = 0.0;
  double aa = 0.0;
  double bb = 0.0;

  void add(const AngleSums& other);
  [[nodiscard]] double cosine_error() const;
};
[[nodiscard]] AngleSums angle_sums(std::span<const double> a, std::span<const float> b);

struct LayerMetrics {
  std::string layer;
  double cosine_error = 0.0;   ///< of the stored output against the float network's (paper, fig. 4)
  double zero_fraction = 0.0;  ///< of the stored output: real value 0
  double minimum = 0.0;        ///< real values of the stored output
  double maximum = 0.0;
};

/// One row per layer of the network, in order. The trace is quantize()'s of this network; its
/// values are those of a layer's highest-precision output (on a highway, the highway tensor).
[[nodiscard]] std::vector<LayerMetrics> compare_with_float(const Network& network,
                                                           const traces::Trace& trace);

/// What pieces of a data set make of one layer.
struct LayerSums {
  AngleSums angle;
  std::int64_t count = 0;
  std::int64_t zeros = 0;
  double minimum = std::numeric_limits<double>::infinity();
  double maximum = -std::numeric_limits<double>::infinity();

  /// A stored output and the float network's.
  void add(std::span<const double> values, std::span<const float> reference);
  void add(const LayerSums& other);
  [[nodiscard]] LayerMetrics metrics(std::string layer) const;
};

/// Index of the largest value of each row of [N][classes] (any trailing extents flattened).
[[nodiscard]] std::vector<std::int64_t> top1(const Tensor& logits);
/// Share of rows whose top1 is the label; labels and rows are equal in number.
[[nodiscard]] double top1_accuracy(const Tensor& logits, const std::vector<std::int64_t>& labels);

}  // namespace turnpike::models
