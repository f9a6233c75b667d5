#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/tensor.hpp"

/// The trace: all that the simulated hardware ever sees of a network. Field by field as in
/// traces/FORMAT.md; read and written by trace_file.hpp, checked by trace_check.hpp.
namespace turnpike::traces {

/// How codes stand for real values: real = scale * (code - zero_point).
enum class TensorKind {
  uniform,   ///< integer codes, signed or not
  midrise,   ///< integer codes with zero_point -0.5: the odd multiples of scale / 2, no zero
  floating,  ///< real values as they are, float32 or float64
};

struct TensorEntry {
  std::string name;
  TensorKind kind = TensorKind::uniform;
  int bits = 32;                      ///< 1..32; 32 for floating
  std::vector<double> scale = {1.0};  ///< one value, or one per index of `axis`
  double zero_point = 0.0;
  std::optional<int> axis = std::nullopt;  ///< the axis `scale` runs along
  bool is_signed = false;
  bool highway = false;  ///< lives on the precision highway (ignored if the trace's is off)
  Tensor data = {};      ///< codes or values

  /// Code range: [0, 2^bits - 1] or [-2^(bits-1), 2^(bits-1) - 1].
  [[nodiscard]] std::int64_t min_code() const;
  [[nodiscard]] std::int64_t max_code() const;
  [[nodiscard]] bool is_float() const { return kind == TensorKind::floating; }
  /// True if a code for the real value 0 exists (an integral zero point inside the range).
  [[nodiscard]] bool has_zero() const;

  friend bool operator==(const TensorEntry&, const TensorEntry&) = default;
};

enum class Op { conv, fc, lstm, gru, add, mul, maxpool, avgpool, concat, quantize };
using turnpike::to_string;  // of shapes, else hidden by the next line
[[nodiscard]] std::string_view to_string(Op op);
[[nodiscard]] bool from_string(std::string_view name, Op& op);

/// A step after the accumulator, in the order given.
struct PostStep {
  enum class Kind { scale, bias, relu, quantize };
  Kind kind = Kind::relu;
  std::string tensor;  ///< scale, bias: the parameter tensor, one value per output channel
  friend bool operator==(const PostStep&, const PostStep&) = default;
};

/// The skip edge of an `add`: its second input is subsampled by `stride`, then padded with
/// `channel_pad` zero channels. If the other input has channel_pad more channels the zeros are
/// appended at the end; if it has 2 * channel_pad more, that many are put at the front as well
/// (PyTorch's F.pad in ResNet option A). Anything else is an error.
struct SkipEdge {
  int stride = 1;
  int channel_pad = 0;
  bool highway = false;
  friend bool operator==(const SkipEdge&, const SkipEdge&) = default;
};

struct Padding {
  int top = 0;
  int left = 0;
  int bottom = 0;
  int right = 0;
  friend bool operator==(const Padding&, const Padding&) = default;
};

/// lstm and gru: matrix-vector products per time step, then element-wise gates.
struct Recurrent {
  std::string bias;        ///< [4 * hidden] (gru: [3 * hidden]); empty for none
  std::string gate_order;  ///< "f,g,i,o"
  std::int64_t hidden = 0;
  std::int64_t steps = 0;
  std::string preact;  ///< reference outputs, empty if the trace has none: [steps][4H]
  std::string gates;   ///< [steps][4H]
  std::string cell;    ///< c per step, [steps][H]
  bool highway = false;
  friend bool operator==(const Recurrent&, const Recurrent&) = default;
};

/// A row-stationary mapping a network file asks for (JSSC 2017 table I letters); absent = search.
struct MappingRequest {
  std::int64_t m = 0, n = 0, e = 0, p = 0, q = 0, r = 0, t = 0;
  friend bool operator==(const MappingRequest&, const MappingRequest&) = default;
};

struct LayerEntry {
  std::string name;
  Op op = Op::conv;
  std::vector<std::string> inputs;
  std::string output;
  std::vector<std::string> weights;    ///< conv, fc: one; lstm, gru: Wx, Wh, each [in][gates * H]
  std::array<int, 2> stride = {1, 1};  ///< rows, columns
  std::array<int, 2> kernel = {0, 0};  ///< pools only; {0, 0} means global
  Padding pad;
  int groups = 1;
  std::vector<PostStep> post;
  std::optional<SkipEdge> skip;
  std::optional<Recurrent> recurrent;
  std::optional<MappingRequest> mapping;
  std::optional<std::int64_t> width_tile;  ///< ofmap columns per tile

  friend bool operator==(const LayerEntry&, const LayerEntry&) = default;
};

struct HighwayEntry {
  bool enabled = false;
  int bits = 8;  ///< 4..31 integer, 32 = float
  friend bool operator==(const HighwayEntry&, const HighwayEntry&) = default;
};

class Trace {
 public:
  std::string network;
  std::string framework;        ///< what wrote the trace, free text
  std::string comment;          ///< free text
  std::string layout = "NCHW";  ///< or "TC": time, channel
  std::int64_t batch = 1;
  HighwayEntry highway;
  std::vector<LayerEntry> layers;  ///< in execution order

  /// Adds a tensor; InternalError if the name exists.
  TensorEntry& add_tensor(TensorEntry tensor);
  [[nodiscard]] const TensorEntry& tensor(const std::string& name) const;
  [[nodiscard]] TensorEntry& tensor(const std::string& name);
  [[nodiscard]] bool has_tensor(const std::string& name) const { return index_.contains(name); }
  [[nodiscard]] const std::vector<TensorEntry>& tensors() const { return tensors_; }

  /// Index of the layer that writes `tensor`, if any.
  [[nodiscard]] std::optional<std::size_t> producer(const std::string& tensor) const;
  /// Indices of the layers that read `tensor` as an input (weights and parameters not counted).
  [[nodiscard]] std::vector<std::size_t> consumers(const std::string& tensor) const;

  /// The same fields, layers and tensors, in the same order.
  friend bool operator==(const Trace&, const Trace&) = default;

 private:
  std::vector<TensorEntry> tensors_;
  std::map<std::string, std::size_t> index_;
};

}  // namespace turnpike::traces
