#pragma once

#include <array>
#include <string>
#include <string_view>

#include "sim/config/choice.hpp"
#include "sim/config/key.hpp"

namespace turnpike::config {

enum class HighwayStorage {
  dual,    ///< a narrow and a wide copy of each skip tensor
  single,  ///< the wide one alone, quantized when read
};
template <>
struct ChoiceNames<HighwayStorage> {
  static constexpr std::array<std::string_view, 2> names = {"dual", "single"};
};

/// `highway`: skip tensors at high precision.
struct HighwayConfig {
  bool enabled = false;
  int bits = 8;  ///< of a highway value; 32 is floating point
  HighwayStorage storage = HighwayStorage::dual;
  std::string edges = "all";  ///< or patterns of the layers whose skip it carries, between spaces

  friend bool operator==(const HighwayConfig&, const HighwayConfig&) = default;
};

template <>
inline constexpr auto kKeys<HighwayConfig> = std::array{
    key::truth<&HighwayConfig::enabled>({.name = "enabled",
                                         .quantization = true,
                                         .meaning = "skip tensors are kept at high precision"}),
    key::integer<&HighwayConfig::bits>({.name = "bits",
                                        .low = 4,
                                        .high = 32,
                                        .quantization = true,
                                        .meaning = "width of a highway value",
                                        .unit = "bits",
                                        .more = "32 is floating point"}),
    key::choice<&HighwayConfig::storage>(
        {.name = "storage",
         .meaning = "a narrow and a wide copy of each skip tensor, or the wide one "
                    "alone, quantized when read"}),
    key::text<&HighwayConfig::edges>({.name = "edges",
                                      .allowed = "all, or shell patterns between spaces",
                                      .quantization = true,
                                      .meaning = "which skips it carries, by the layer they end in "
                                                 "(an add, a concat, a recurrent one); "
                                                 "`model highway` lists them"})};

}  // namespace turnpike::config
