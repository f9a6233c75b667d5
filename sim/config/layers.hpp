#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/config/choice.hpp"
#include "sim/config/key.hpp"
#include "sim/config/operand_widths.hpp"

namespace turnpike::config {

/// What happens to the first and last convolution or fully connected layer (recurrent nets have no
/// such rule). All but `same` hold them wider than the rest.
enum class FirstLast {
  same,       ///< as every other layer
  native16,   ///< 16-bit weights and activations, on 16-bit PEs
  composed,   ///< 16 bit, bit-sliced on the machine's PEs
  composed8,  ///< 8 bit (or the network's, if wider), bit-sliced
  excluded,   ///< 16 bit; left out of the costs
};
template <>
struct ChoiceNames<FirstLast> {
  static constexpr std::array<std::string_view, 5> names = {"same", "native16", "composed",
                                                            "composed8", "excluded"};
};

/// How weights are put into their bits (models/quantizers; docs/accuracy.md has their sources).
enum class WeightQuantizer { laplace, minmax, mse, dorefa, sawb, lsq, sign, ternary };
template <>
struct ChoiceNames<WeightQuantizer> {
  static constexpr std::array<std::string_view, 8> names = {"laplace", "minmax", "mse",  "dorefa",
                                                            "sawb",    "lsq",    "sign", "ternary"};
};

/// How the range of activations is found.
enum class ActivationQuantizer {
  mse,         ///< the clip of the least squared error on calibration values
  max,         ///< the largest calibration value
  percentile,  ///< 99.9 % of the calibration values' magnitudes lie within
  pact,        ///< a clip that is given or was learned
  lsq,         ///< a step that is given or was learned
};
template <>
struct ChoiceNames<ActivationQuantizer> {
  static constexpr std::array<std::string_view, 5> names = {"mse", "max", "percentile", "pact",
                                                            "lsq"};
};

/// What weights have one scale for.
enum class WeightScale { tensor, channel };
template <>
struct ChoiceNames<WeightScale> {
  static constexpr std::array<std::string_view, 2> names = {"tensor", "channel"};
};

/// The grid of activations that may be negative, outside of recurrent layers.
enum class SignedGrid {
  symmetric,   ///< signed codes around 0
  asymmetric,  ///< unsigned codes with a zero point
};
template <>
struct ChoiceNames<SignedGrid> {
  static constexpr std::array<std::string_view, 2> names = {"symmetric", "asymmetric"};
};

/// What a layer of its own has instead of what `layers` says of all.
struct QuantizerChoice {
  std::optional<WeightQuantizer> weights = {};
  std::optional<WeightScale> weight_scale = {};
  std::optional<ActivationQuantizer> activations = {};
  std::optional<double> clip = {};         ///< pact: of the codes it reads
  std::optional<double> weight_step = {};  ///< lsq
  std::optional<double> step = {};         ///< lsq: of the codes it reads

  friend bool operator==(const QuantizerChoice&, const QuantizerChoice&) = default;
};

/// Widths of the layers whose name matches a pattern of * and ?; of several the last holds.
struct LayerOverride {
  std::string pattern;
  OperandWidths widths;
  QuantizerChoice quantizers = {};

  friend bool operator==(const LayerOverride&, const LayerOverride&) = default;
};

/// `layers`: those that differ from the machine's precision.
struct LayersConfig {
  FirstLast first_last = FirstLast::same;
  WeightQuantizer weights = WeightQuantizer::laplace;
  WeightScale weight_scale = WeightScale::tensor;
  ActivationQuantizer activations = ActivationQuantizer::mse;
  SignedGrid signed_grid = SignedGrid::symmetric;
  std::vector<LayerOverride> overrides;

  friend bool operator==(const LayersConfig&, const LayersConfig&) = default;
};

void read_overrides(ConfigMap& map, const KeyFacts& facts, LayersConfig& layers);
[[nodiscard]] std::string shown_overrides(const LayersConfig& layers);

template <>
inline constexpr auto kKeys<LayersConfig> = std::array{
    key::choice<&LayersConfig::first_last>(
        {.name = "first_last",
         .policy = true,
         .quantization = true,
         .meaning = "width of the first and last conv or fc layer"}),
    key::choice<&LayersConfig::weights>({.name = "weights",
                                         .quantization = true,
                                         .meaning = "quantizer of the weights (docs/accuracy.md)"}),
    key::choice<&LayersConfig::weight_scale>(
        {.name = "weight_scale",
         .quantization = true,
         .meaning = "a scale for the weights of a layer, or of each output channel"}),
    key::choice<&LayersConfig::activations>(
        {.name = "activations",
         .quantization = true,
         .meaning = "how the range of activations is found (docs/accuracy.md)"}),
    key::choice<&LayersConfig::signed_grid>(
        {.name = "signed_grid",
         .quantization = true,
         .meaning = "codes of activations that may be negative"}),
    key::own<LayersConfig, read_overrides, shown_overrides>(
        {.name = "overrides",
         .form = Form::layer_widths,
         .low = 1,
         .high = 16,
         .absent = "none",
         .quantization = true,
         .meaning =
             "bits, and quantizers, of the layers whose name matches a pattern of * and ?"})};

}  // namespace turnpike::config
