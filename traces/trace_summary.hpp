#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "traces/open_trace.hpp"
#include "traces/trace.hpp"

/// What `turnpike trace check` and `turnpike trace info` show, and a digest for run records.
namespace turnpike::traces {

/// Multiply-accumulates of a layer for the whole batch or sequence; 0 for ops without weights.
/// conv: N x M x C/groups x R x S x E x F; fc: N x M x C; lstm, gru: steps x (inputs + hidden) x
/// gates x hidden.
[[nodiscard]] std::int64_t macs_of(const Trace& trace, const LayerEntry& layer);

/// Share of the elements whose real value is 0 (code == zero_point); 0 if no code is.
[[nodiscard]] double zero_fraction(const TensorEntry& tensor);

struct LayerSummary {
  std::string name;
  Op op = Op::conv;
  TensorShape output_shape;
  std::int64_t macs = 0;
  std::optional<int> weight_bits;  ///< ops with weights; 32 for float
  int input_bits = 32;             ///< of the first input; 32 for float
  int output_bits = 32;
  std::optional<double> input_zeros;  ///< ops with weights: zero fraction of the first input
};

struct TraceSummary {
  std::string network;
  Provenance source;
  std::string layout;
  std::int64_t batch = 1;
  HighwayEntry highway;
  std::vector<LayerSummary> layers;
  std::size_t tensors = 0;
  std::int64_t bytes = 0;  ///< of all elements as stored
  std::int64_t macs = 0;
  std::map<int, std::size_t> tensors_of_bits;  ///< integer tensors by width
  std::size_t float_tensors = 0;
  std::vector<std::string> highway_tensors;
  /// What is allowed but looks like a slip of the exporter, one sentence each.
  std::vector<std::string> notes;
};

/// What one reading of all elements tells.
struct TraceScan {
  std::map<std::string, double> zeros;  ///< of each tensor: zero_fraction
  std::string digest;                   ///< trace_digest
};

/// Reads the elements of a trace once, a piece at a time, and checks them (validate_piece). Calls
/// `done` after each tensor.
[[nodiscard]] TraceScan scan_trace(const OpenTrace& trace,
                                   const std::function<void(const std::string& tensor)>& done = {});

/// Of a valid trace.
[[nodiscard]] TraceSummary summarize(const OpenTrace& trace, const TraceScan& scan);
[[nodiscard]] TraceSummary summarize(const Trace& trace);

/// 16 hex digits over all fields, element types, shapes and elements: equal for equal traces, be
/// they stored as .npz or directory. 64-bit FNV-1a; tells versions apart, no more.
[[nodiscard]] std::string trace_digest(const Trace& trace);

}  // namespace turnpike::traces
