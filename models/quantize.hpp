#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "models/activation_quantizer.hpp"
#include "models/network.hpp"
#include "sim/config/accelerator_config.hpp"
#include "traces/trace.hpp"

/// From a float network to a quantized trace with its reference values.
namespace turnpike::models {

using config::FirstLast;

/// Bits for the layers whose name matches a shell pattern, e.g. "layer1.*".
struct PrecisionOverride {
  std::string pattern;
  std::optional<int> weight_bits;
  std::optional<int> activation_bits;
  config::QuantizerChoice quantizers = {};

  friend bool operator==(const PrecisionOverride&, const PrecisionOverride&) = default;
};

/// Precedence for one layer: overrides (the last that matches) > bits in the network file >
/// first_last > weight_bits and activation_bits. A layer's activation bits are those of the codes
/// it reads.
struct QuantizeOptions {
  int weight_bits = 16;      ///< 1..16
  int activation_bits = 16;  ///< 1..16
  FirstLast first_last = FirstLast::same;
  std::vector<PrecisionOverride> overrides = {};
  config::WeightQuantizer weights = config::WeightQuantizer::laplace;
  config::WeightScale weight_scale = config::WeightScale::tensor;
  config::ActivationQuantizer activations = config::ActivationQuantizer::mse;
  config::SignedGrid signed_grid = config::SignedGrid::symmetric;
  bool highway = false;
  int highway_bits = 8;               ///< 4..32; 32 is floating point
  std::string highway_edges = "all";  ///< or patterns of adds and recurrent layers

  friend bool operator==(const QuantizeOptions&, const QuantizeOptions&) = default;
};

/// What a configuration quantizes a network to: its precision, layers and highway.
[[nodiscard]] QuantizeOptions quantize_options(const config::AcceleratorConfig& config);

/// Values of one float pass, by the names FloatValue gives them.
class Calibration {
 public:
  std::map<std::string, ValueHistogram> values;

  [[nodiscard]] const ValueHistogram& of(const std::string& value) const;
};

/// Float forward passes over the network's input; serve every precision.
[[nodiscard]] Calibration calibrate(const Network& network);
/// The same over `inputs`, each of the network's input shape one behind the other, in passes of as
/// many as keep activations small. A recurrent network takes one sequence.
[[nodiscard]] Calibration calibrate(const Network& network, const std::vector<float>& inputs,
                                    int threads);

/// Inputs that go through a network together: as many as keep the values of a layer in the caches.
[[nodiscard]] std::int64_t inputs_at_once(const Network& network);

/// A network in integers, for any input.
struct QuantizedNetwork {
  traces::Program program;
  traces::Parameters parameters;
};
/// Scales of activations from the calibration, parameters from the network. InputError as
/// quantize(), and for a network with a layer of synthetic input or zeros.
[[nodiscard]] QuantizedNetwork quantize_network(const Network& network,
                                                const Calibration& calibration,
                                                const QuantizeOptions& options);

/// The quantized trace, every output filled in by the functional engine. InputError for options out
/// of range and for an override that matches no layer.
///
/// A value that flows inside the post-processing unit only is a float64 tensor; one that is stored
/// and read later, by an array layer or as a skip, is an integer tensor (lowering.hpp has the
/// rules).
[[nodiscard]] traces::Trace quantize(const Network& network, const Calibration& calibration,
                                     const QuantizeOptions& options);

/// The same with these shares of zeros in what array layers read (zero_setting.hpp).
struct ZerosWanted {
  const std::map<std::string, double>& shares;  ///< by layer
  std::vector<std::string> unmet = {};  ///< filled in: what could not be set, a sentence each
};
[[nodiscard]] traces::Trace quantize(const Network& network, const Calibration& calibration,
                                     const QuantizeOptions& options, ZerosWanted& zeros);

/// What the network's input is to a program that quantize() made of this network, in the scales of
/// its calibration: with another input, the inputs of another run of the same program.
[[nodiscard]] traces::Activations input_codes(const traces::Program& program,
                                              const Network& network);
/// The same for real values of this shape.
[[nodiscard]] traces::Activations input_codes(const traces::Program& program,
                                              const std::vector<float>& values, TensorShape shape);

struct LayerBits {
  int weight = 16;
  int activation = 16;
};
/// Bits of one layer by the precedence above.
[[nodiscard]] LayerBits layer_bits(const Network& network, const Layer& layer,
                                   const QuantizeOptions& options);
/// The quantizers of one layer, all decided but clip and steps: those are set where an override
/// gives them or, for pact and lsq, the layer's own weights came with them.
[[nodiscard]] config::QuantizerChoice layer_quantizers(const Layer& layer,
                                                       const QuantizeOptions& options);
/// Throws InputError unless the options are in range and every override matches a layer.
void check_options(const Network& network, const QuantizeOptions& options);

}  // namespace turnpike::models
