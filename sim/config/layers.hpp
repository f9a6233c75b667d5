#pragma once

#include <array>
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

/// Widths of the layers whose name matches a pattern of * and ?; of several the last holds.
struct LayerOverride {
  std::string pattern;
  OperandWidths widths;

  friend bool operator==(const LayerOverride&, const LayerOverride&) = default;
};

/// `layers`: those that differ from the machine's precision.
struct LayersConfig {
  FirstLast first_last = FirstLast::same;
  std::vector<LayerOverride> overrides;

  friend bool operator==(const LayersConfig&, const LayersConfig&) = default;
};

void read_overrides(ConfigMap& map, const KeyFacts& facts, LayersConfig& layers);
[[nodiscard]] std::string shown_overrides(const LayersConfig& layers);

template <>
inline constexpr auto kKeys<LayersConfig> =
    std::array{key::choice<&LayersConfig::first_last>(
                   {.name = "first_last",
                    .policy = true,
                    .quantization = true,
                    .meaning = "width of the first and last conv or fc layer"}),
               key::own<LayersConfig, read_overrides, shown_overrides>(
                   {.name = "overrides",
                    .form = Form::layer_widths,
                    .low = 1,
                    .high = 16,
                    .absent = "none",
                    .quantization = true,
                    .meaning = "bits of the layers whose name matches a pattern of * and ?"})};

}  // namespace turnpike::config
