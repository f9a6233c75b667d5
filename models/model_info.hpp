#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "models/quantize.hpp"

/// What `turnpike model info` shows: a network as it would be quantized, without doing it.
namespace turnpike::models {

struct LayerInfo {
  std::string name;
  traces::Op op = traces::Op::conv;
  TensorShape input;  ///< without the batch
  TensorShape output;
  std::int64_t parameters = 0;  ///< weights; scales and biases not counted
  std::int64_t macs = 0;        ///< per inference
  int weight_bits = 0;          ///< 0 off the array
  int activation_bits = 0;
};

/// A tensor that lives on the precision highway.
struct HighwayInfo {
  std::string tensor;
  std::string written_by;
  std::vector<std::string> read_by;
  std::int64_t values = 0;  ///< per inference
  int bits = 0;
};

struct ModelInfo {
  std::string name;
  std::int64_t batch = 1;
  TensorShape input;
  std::vector<LayerInfo> layers;
  std::vector<HighwayInfo> highway;
  std::map<std::pair<int, int>, std::int64_t> macs_by_bits;  ///< by (weight, activation) bits
  std::int64_t macs = 0;
  std::int64_t parameters = 0;
};

[[nodiscard]] ModelInfo model_info(const Network& network, const QuantizeOptions& options);
/// A table, the totals, and the edges on the highway (or why there is none).
[[nodiscard]] std::string to_text(const ModelInfo& info);

}  // namespace turnpike::models
