#pragma once

#include <array>
#include <cstdint>

#include "sim/config/key.hpp"

namespace turnpike::config {

/// `spads`: the scratch pads of a PE, values.
struct SpadConfig {
  std::int64_t ifmap = 12;
  std::int64_t filter = 224;
  std::int64_t psum = 24;

  friend bool operator==(const SpadConfig&, const SpadConfig&) = default;
};

template <>
inline constexpr auto kKeys<SpadConfig> =
    std::array{key::integer<&SpadConfig::ifmap>({.name = "ifmap",
                                                 .low = 1,
                                                 .high = 224,
                                                 .required = true,
                                                 .meaning = "ifmap spad of a PE",
                                                 .unit = "values",
                                                 .more = "a register file, priced to 224 words"}),
               key::integer<&SpadConfig::filter>({.name = "filter",
                                                  .low = 1,
                                                  .high = 4096,
                                                  .required = true,
                                                  .meaning = "filter spad of a PE",
                                                  .unit = "values",
                                                  .more = "an SRAM, priced to 4096 words"}),
               key::integer<&SpadConfig::psum>({.name = "psum",
                                                .low = 1,
                                                .high = 224,
                                                .required = true,
                                                .meaning = "psum spad of a PE",
                                                .unit = "values",
                                                .more = "a register file, priced to 224 words"})};

}  // namespace turnpike::config
