#pragma once

#include <array>

#include "sim/config/key.hpp"

namespace turnpike::config {

/// `technology`: the process.
struct TechnologyConfig {
  int node_nm = 65;
  double voltage = 1.0;

  friend bool operator==(const TechnologyConfig&, const TechnologyConfig&) = default;
};

template <>
inline constexpr auto kKeys<TechnologyConfig> = std::array{
    key::integer<&TechnologyConfig::node_nm>({.name = "node_nm",
                                              .low = 7,
                                              .high = 250,
                                              .note = "; a node of `list technologies`",
                                              .meaning = "process node",
                                              .unit = "nm"}),
    key::number<&TechnologyConfig::voltage>({.name = "voltage",
                                             .low = 0.8,
                                             .high = 1.2,
                                             .meaning = "supply",
                                             .unit = "V",
                                             .more = "dynamic energy goes with its square there"})};

}  // namespace turnpike::config
