#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/error.hpp"
#include "sim/base/tensor.hpp"
#include "sim/config/layers.hpp"
#include "traces/trace.hpp"

/// The float network: a graph of layers before any quantization.
namespace turnpike::models {

/// What a network file demands of the data and the array; all optional, absent in the zoo.
struct LayerRequests {
  std::optional<double>
      ifmap_zeros;  ///< the layer reads a synthetic tensor with this zero fraction
  std::optional<double> ofmap_zeros;  ///< the bias is chosen for this zero fraction after ReLU
  std::optional<int> weight_bits;
  std::optional<int> activation_bits;
  std::optional<Mapping> mapping;
  std::optional<std::int64_t> width_tile;
};

/// The batch norm that a layer's scale and bias were folded from, by output channel:
/// gain * (x - mean) / sqrt(variance + eps) + shift, where mean and variance are those of x.
struct BatchNorm {
  std::vector<float> gain;
  std::vector<float> shift;
  double eps = 1e-5;
};

/// What quantization-aware training has found, where a file of weights has it.
struct LearnedRanges {
  std::optional<double> clip = {};         ///< PACT: of the codes the layer reads
  std::optional<double> weight_step = {};  ///< LSQ
  std::optional<double> step = {};         ///< LSQ: of the codes the layer reads
  std::optional<double> cell_clip = {};    ///< PACT: of the c of an lstm, without highway
};

/// A grid that a file states instead of leaving it to a quantizer: real = scale * (code -
/// zero_point).
struct StatedGrid {
  traces::TensorKind kind = traces::TensorKind::uniform;  ///< or midrise
  int bits = 8;
  bool is_signed = true;
  std::vector<double> scale = {1.0};  ///< one, or one per output channel of weights
  double zero_point = 0.0;
  std::optional<std::array<std::int64_t, 2>> codes = {};  ///< a narrower range than that of `bits`

  [[nodiscard]] std::int64_t low() const;
  [[nodiscard]] std::int64_t high() const;
  [[nodiscard]] double step(std::size_t channel) const {
    return scale[scale.size() == 1 ? 0 : channel];
  }
  /// The code of a value: round half to even, clipped.
  [[nodiscard]] double code(double value, std::size_t channel = 0) const;
  friend bool operator==(const StatedGrid&, const StatedGrid&) = default;
};

/// Where the values of a recurrent layer are quantized that are on no highway, besides the gates, c
/// and h when they are stored (traces/FORMAT.md, "lstm").
struct RecurrentPlaces {
  bool own_candidate = false;     ///< g (gru: n) in k bits over [-1, 1], not on the gates' grid
  bool coded_tanh = false;        ///< lstm: tanh(c) in k bits
  bool tanh_of_computed = false;  ///< lstm: tanh reads c before it is quantized
  config::ActivationQuantizer highway_range = config::ActivationQuantizer::mse;  ///< lstm: of c
};

struct Layer {
  std::string name;
  traces::Op op = traces::Op::conv;  ///< quantize: of a grid stated by a file; lowering has its own
  std::vector<std::string> inputs;   ///< names of layers, or kInput; empty = the layer before

  std::int64_t filters = 0;            ///< conv: M; fc: outputs; lstm, gru: cells H
  std::array<int, 2> kernel = {0, 0};  ///< conv, pools; {0, 0} on a pool means the whole map
  std::array<int, 2> stride = {1, 1};
  traces::Padding pad;
  int groups = 1;
  std::int64_t steps = 1;  ///< lstm, gru
  int skip_stride = 1;     ///< add: of inputs[1], the skip edge
  int channel_pad = 0;     ///< add: of inputs[1], as traces::SkipEdge
  std::string gate_order;  ///< lstm: "i,f,g,o"; gru: "r,z,n"; filled in when empty
  RecurrentPlaces places;  ///< lstm, gru

  std::vector<float> weights;            ///< conv [M][C/g][R][S], fc [out][in], lstm Wx [in][4H]
  std::vector<float> recurrent_weights;  ///< lstm, gru: Wh [H][gates * H]
  std::vector<float> scale;              ///< per output channel; empty = 1
  std::vector<float> bias;               ///< per output channel ([gates * H]); empty = 0
  bool relu = false;
  std::optional<BatchNorm> norm;  ///< if it is known
  LearnedRanges learned;
  std::optional<std::array<float, 2>> clip;  ///< [low, high], after the ReLU: ReLU6
  std::vector<float> recurrent_bias;         ///< gru: of Wh, [gates * H]; empty = 0

  // What an imported file states of its quantization (stated_lowering.hpp).
  std::optional<StatedGrid> weight_grid;  ///< `weights` lie on it
  std::optional<StatedGrid> grid;         ///< quantize
  /// Requantized in integers to the grid of the quantize layer behind it, as TensorFlow Lite does.
  bool fixed_point = false;
  std::vector<std::int32_t> bias_codes;  ///< fixed_point: the bias in steps of ifmap x weights
  /// Ascending thresholds, [output channels][count]: each value becomes the number it reaches, then
  /// `count_scale` times that plus `count_bias`; before the ReLU. Empty: none.
  std::vector<float> thresholds;
  double count_scale = 1.0;
  double count_bias = 0.0;

  LayerRequests requests;

  // Set by Network::add.
  TensorShape input_shape;  ///< of inputs[0], without the batch: [C, H, W], [features], [steps, in]
  TensorShape output_shape;  ///< same; fc on [steps, features] works step by step

  /// True for the layers that run on the PE array: those with weights.
  [[nodiscard]] bool is_array() const { return traces::format_of(op).weights > 0; }
  [[nodiscard]] bool is_recurrent() const { return traces::format_of(op).is_recurrent(); }
  /// A convolution or fully connected layer.
  [[nodiscard]] bool is_product() const { return is_array() && !is_recurrent(); }
  /// Gates of a recurrent layer: 4 for lstm, 3 for gru; 1 of any other.
  [[nodiscard]] std::int64_t gates() const { return traces::format_of(op).gate_count(); }
  /// Extents and names of `weights` and `recurrent_weights`; empty off the array.
  [[nodiscard]] std::vector<TensorShape> weight_shapes() const;
  [[nodiscard]] std::vector<std::string> weight_names() const;
  /// Elements of `weights` and `recurrent_weights` that the shapes ask for.
  [[nodiscard]] std::int64_t weight_count() const;
  [[nodiscard]] std::int64_t recurrent_weight_count() const;
  /// Products summed into one output: fan-in of a filter.
  [[nodiscard]] std::int64_t fan_in() const;
  /// Output channels (length of scale and bias).
  [[nodiscard]] std::int64_t output_channels() const;
  /// Multiply-accumulates per inference (one image, or the whole sequence); 0 off the array.
  [[nodiscard]] std::int64_t macs() const;
};

/// Layers in execution order; add() infers shapes and refuses what does not fit.
class Network {
 public:
  static constexpr std::string_view kInput = "input";

  /// `input_shape` without the batch: [C, H, W], [features] or [steps, features].
  Network(std::string name, TensorShape input_shape, std::int64_t batch);

  /// Appends a layer; returns its name. InputError at `spot` (the network's name if none is given)
  /// for a repeated name, an unknown input, or operands whose shapes do not fit together.
  /// `forced_input` replaces inputs[0]'s shape for a layer with synthetic input.
  const std::string& add(Layer layer, const std::optional<SourceSpot>& spot = std::nullopt,
                         const std::optional<TensorShape>& forced_input = std::nullopt);

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] std::int64_t batch() const { return batch_; }
  [[nodiscard]] const TensorShape& input_shape() const { return input_shape_; }
  [[nodiscard]] const std::vector<Layer>& layers() const { return layers_; }
  [[nodiscard]] const Layer& layer(const std::string& name) const;
  [[nodiscard]] Layer& layer(const std::string& name);
  [[nodiscard]] bool has_layer(const std::string& name) const { return index_.contains(name); }
  /// Shape of a layer's output, or of kInput.
  [[nodiscard]] const TensorShape& shape_of(const std::string& name) const;
  /// Indices of the layers that read `name`.
  [[nodiscard]] std::vector<std::size_t> consumers(const std::string& name) const;
  /// Multiply-accumulates per inference.
  [[nodiscard]] std::int64_t macs() const;
  [[nodiscard]] bool is_recurrent() const;
  /// True if a file stated how it is quantized: it has grids of its own (stated_lowering.hpp).
  [[nodiscard]] bool is_stated() const;

  /// Input values of the batch, [N][...input_shape]; empty until set.
  [[nodiscard]] const std::vector<float>& input() const { return input_; }
  void set_input(std::vector<float> values);
  /// Seed of everything synthetic in this network.
  std::uint64_t seed = 1;

  /// InternalError unless every array layer has the weights its shape asks for.
  void check_complete() const;

 private:
  std::string name_;
  TensorShape input_shape_;
  std::int64_t batch_;
  std::vector<Layer> layers_;
  std::map<std::string, std::size_t> index_;
  std::vector<float> input_;
};

/// floor((input + pads - kernel) / stride) + 1; at least 1 or nothing.
[[nodiscard]] std::optional<std::int64_t> window_count(std::int64_t input, std::int64_t pads,
                                                       std::int64_t kernel, std::int64_t stride);

}  // namespace turnpike::models
