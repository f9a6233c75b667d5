#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/base/mapping.hpp"
#include "sim/base/tensor.hpp"
#include "traces/ops.hpp"
#include "traces/provenance.hpp"

/// The trace: all that the simulated hardware ever sees of a network. Field by field as in
/// traces/FORMAT.md; read and written by trace_file.hpp, checked by trace_validate.hpp. It is a
/// program (what is to be done), parameters (what is the same for every input) and activations
/// (what one input made of it).
namespace turnpike::traces {

inline constexpr int kFloatBits = 32;  ///< of a floating tensor, and of a floating highway

/// How codes stand for real values: real = scale * (code - zero_point).
enum class TensorKind {
  uniform,   ///< integer codes, signed or not
  midrise,   ///< integer codes with zero_point -0.5: the odd multiples of scale / 2, no zero
  floating,  ///< real values as they are, float32 or float64
};

/// All that is said of a tensor but its extents and elements.
struct TensorDeclaration {
  std::string name = {};
  TensorKind kind = TensorKind::uniform;
  int bits = 32;                      ///< 1..32; 32 for floating
  std::vector<double> scale = {1.0};  ///< one value, or one per index of `axis`
  double zero_point = 0.0;
  std::optional<int> axis = std::nullopt;  ///< the axis `scale` runs along
  bool is_signed = false;
  bool highway = false;  ///< lives on the precision highway (ignored if the trace's is off)

  /// Code range: [0, 2^bits - 1] or [-2^(bits-1), 2^(bits-1) - 1].
  [[nodiscard]] std::int64_t min_code() const;
  [[nodiscard]] std::int64_t max_code() const;
  [[nodiscard]] bool is_float() const { return kind == TensorKind::floating; }
  /// True if a code for the real value 0 exists (an integral zero point inside the range).
  [[nodiscard]] bool has_zero() const;

  friend bool operator==(const TensorDeclaration&, const TensorDeclaration&) = default;
};

/// A tensor of a trace: declared, with its elements.
struct TensorEntry : TensorDeclaration {
  Tensor data = {};  ///< codes or values

  friend bool operator==(const TensorEntry&, const TensorEntry&) = default;
};

/// A tensor of a program. What is not known of its elements, the run that makes them decides.
struct ProgramTensor : TensorDeclaration {
  TensorShape shape = {};  ///< empty: not known
  bool single = false;     ///< kind float: kept in float32, else float64

  friend bool operator==(const ProgramTensor&, const ProgramTensor&) = default;
};

using turnpike::to_string;  // of shapes, else hidden by the next line
[[nodiscard]] std::string_view to_string(Op op);
[[nodiscard]] bool from_string(std::string_view name, Op& op);

/// A step after the accumulator, in the order given.
struct PostStep {
  enum class Kind { scale, bias, relu, quantize, clip, thresholds };
  Kind kind = Kind::relu;
  std::string tensor;  ///< scale, bias: the parameter tensor, one value per output channel;
                       ///< thresholds: [channels][ascending thresholds]
  double low = 0.0;    ///< clip
  double high = 0.0;   ///< clip
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

/// Requantization in integers, as TensorFlow Lite's kernels do it: codes are made of sums of codes
/// by a multiplication in fixed point, multiplier * 2^(shift - 31), instead of real scales.
struct Requantize {
  /// Of the product: in one step at the last bit that is kept, or first at bit 31 (halves up), then
  /// at the shift (halves away from zero).
  enum class Rounding { once, twice };
  Rounding rounding = Rounding::twice;
  std::string bias;                      ///< conv, fc: int32 codes added to the sum; empty for none
  std::vector<std::int64_t> multiplier;  ///< one, or one per output channel; avgpool may have none
  std::vector<std::int64_t> shift;       ///< left if positive; as many
  /// add: both inputs are brought to one scale first, shifted left by `left_shift`.
  int left_shift = 0;
  std::vector<std::int64_t> input_multiplier;        ///< add: two
  std::vector<std::int64_t> input_shift;             ///< add: two
  std::optional<std::array<std::int64_t, 2>> codes;  ///< narrower range of the output, as ReLU6's
  friend bool operator==(const Requantize&, const Requantize&) = default;
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
  std::string bias;            ///< [4 * hidden] (gru: [3 * hidden]); empty for none
  std::string recurrent_bias;  ///< gru: [3 * hidden], added to h_prev Wh; empty for none
  std::string gate_order;      ///< "f,g,i,o"
  std::int64_t hidden = 0;
  std::int64_t steps = 0;
  std::string preact;  ///< reference outputs, empty if the trace has none: [steps][4H]
  std::string gates;   ///< [steps][4H]; without the columns of g (gru: n) if `candidate` is named
  std::string cell;    ///< c per step, [steps][H]
  std::string candidate;  ///< g (gru: n), kept apart from the gates, [steps][H]; empty: among them
  std::string cell_tanh;  ///< lstm: tanh(c) as it is stored before h is made of it, [steps][H]
  bool tanh_of_computed = false;  ///< lstm: tanh reads c as it was computed, not as it is stored
  bool highway = false;
  friend bool operator==(const Recurrent&, const Recurrent&) = default;
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
  std::optional<Requantize> requantize;
  std::optional<Recurrent> recurrent;
  std::optional<Mapping> mapping;          ///< to be used; absent = search
  std::optional<std::int64_t> width_tile;  ///< ofmap columns per tile

  friend bool operator==(const LayerEntry&, const LayerEntry&) = default;
};

struct HighwayEntry {
  bool enabled = false;
  int bits = 8;  ///< 4..31 integer, 32 = float
  friend bool operator==(const HighwayEntry&, const HighwayEntry&) = default;
};

/// The graph: layers in execution order.
class Graph {
 public:
  std::string network;
  std::string framework;        ///< what wrote the trace, free text
  std::string comment;          ///< free text
  Provenance source;            ///< where it comes from, as far as the exporter says
  std::string layout = "NCHW";  ///< or "TC": time, channel
  std::int64_t batch = 1;
  HighwayEntry highway;
  std::vector<LayerEntry> layers;

  /// Index of the layer that writes `tensor` as its output, if any.
  [[nodiscard]] std::optional<std::size_t> producer(const std::string& tensor) const;
  /// Indices of the layers that read `tensor` as an input (weights and parameters not counted).
  [[nodiscard]] std::vector<std::size_t> consumers(const std::string& tensor) const;

  friend bool operator==(const Graph&, const Graph&) = default;
};

/// A graph and its tensors, by name and in the order they were added.
template <class Entry>
class GraphOf : public Graph {
 public:
  /// Adds a tensor; InternalError if the name exists.
  Entry& add_tensor(Entry tensor);
  /// InternalError unless there is one of this name. No layer may use it.
  void remove_tensor(const std::string& name);
  [[nodiscard]] const Entry& tensor(const std::string& name) const;
  [[nodiscard]] Entry& tensor(const std::string& name);
  [[nodiscard]] bool has_tensor(const std::string& name) const { return index_.contains(name); }
  [[nodiscard]] const std::vector<Entry>& tensors() const { return tensors_; }

  /// The same fields, layers and tensors, in the same order.
  friend bool operator==(const GraphOf&, const GraphOf&) = default;

 protected:
  std::vector<Entry> tensors_;
  std::map<std::string, std::size_t> index_;
};
extern template class GraphOf<ProgramTensor>;
extern template class GraphOf<TensorEntry>;

/// What is to be done, without any value: layers, and what is declared of their tensors. It says
/// nothing of which input it runs on, so one program serves many.
class Program : public GraphOf<ProgramTensor> {
 public:
  /// Tensors that are the same for every input: weights, biases and scales the layers name.
  [[nodiscard]] std::set<std::string> parameters() const;

  friend bool operator==(const Program&, const Program&) = default;
};

/// Elements of tensors, by name.
class TensorValues {
 public:
  [[nodiscard]] bool has(const std::string& name) const { return values_.contains(name); }
  /// InternalError if there is none of this name.
  [[nodiscard]] const Tensor& at(const std::string& name) const;
  void put(const std::string& name, Tensor data) { values_[name] = std::move(data); }
  void erase(const std::string& name) { values_.erase(name); }
  [[nodiscard]] std::size_t size() const { return values_.size(); }
  /// Of all elements.
  [[nodiscard]] std::int64_t bytes() const;
  /// Gives a tensor away.
  [[nodiscard]] Tensor take(const std::string& name);

  friend bool operator==(const TensorValues&, const TensorValues&) = default;

 private:
  std::map<std::string, Tensor> values_;
};

/// Weights, biases and scales of a program.
class Parameters : public TensorValues {};
/// Values of the other tensors in one run: inputs, and what the layers wrote.
class Activations : public TensorValues {};

/// One run of a program, written down: every tensor with its elements.
class Trace : public GraphOf<TensorEntry> {
 public:
  Trace() = default;
  /// Program, parameters and activations put together. InternalError if a tensor has no elements.
  Trace(const Program& program, Parameters parameters, Activations activations);

  /// The program alone, which states the extents and element types that the trace has.
  [[nodiscard]] Program program() const;

  /// Moves the trace apart: what the constructor takes.
  struct Parts;
  [[nodiscard]] Parts split() &&;

  friend bool operator==(const Trace&, const Trace&) = default;
};

struct Trace::Parts {
  Program program;
  Parameters parameters;
  Activations activations;
};

/// A tensor as its readers see it.
struct TensorView {
  const TensorDeclaration& declared;
  const Tensor& data;

  TensorView(const TensorDeclaration& declaration, const Tensor& elements)
      : declared{declaration}, data{elements} {}
  // NOLINTNEXTLINE(google-explicit-constructor): a tensor with its elements is such a view
  TensorView(const TensorEntry& entry) : declared{entry}, data{entry.data} {}
};

}  // namespace turnpike::traces
