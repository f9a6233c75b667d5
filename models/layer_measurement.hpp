#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "models/engine.hpp"
#include "models/metrics.hpp"
#include "models/network.hpp"

/// What the layers of a quantized network make of pieces of a data set, against the float network.
namespace turnpike::models {

/// Float outputs by layer.
using FloatValues = std::map<std::string, std::vector<float>>;

struct LayerResult {
  LayerMetrics output;
  std::optional<double> input_zeros;  ///< array layers: share of operands that are 0
};

/// Sums over pieces; those of several runs add up.
class LayerMeasurement {
 public:
  void add_input(const std::string& layer, const traces::TensorView& codes);
  void add_output(const std::string& layer, const std::vector<double>& values,
                  const std::vector<float>& reference);
  void add(const LayerMeasurement& other);
  /// In the network's order; layers that nothing was measured of are left out.
  [[nodiscard]] std::vector<LayerResult> results(const Network& network) const;

 private:
  struct ZeroCount {
    std::int64_t zeros = 0;
    std::int64_t values = 0;
  };
  std::map<std::string, LayerSums> outputs_;
  std::map<std::string, ZeroCount> inputs_;
};

/// Runs the layers of a program; returns the real values of the last one's output. With `reference`
/// it measures those layers that are in it.
[[nodiscard]] std::vector<double> run_measured(const traces::Program& program, Execution& execution,
                                               const FloatValues* reference,
                                               LayerMeasurement& layers);

}  // namespace turnpike::models
