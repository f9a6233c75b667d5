#pragma once

#include <array>
#include <cstdint>

#include "sim/config/key.hpp"

namespace turnpike::config {

/// `noc`: the networks between buffers and PEs, values per clock, and the FIFOs at their ends.
struct NocConfig {
  std::int64_t filter = 4;
  std::int64_t ifmap = 1;
  std::int64_t psum_in = 4;
  std::int64_t psum_out = 4;
  std::int64_t fifo_depth = 4;  ///< values

  friend bool operator==(const NocConfig&, const NocConfig&) = default;
};

template <>
inline constexpr auto kKeys<NocConfig> = std::array{
    key::integer<&NocConfig::filter>({.name = "filter",
                                      .low = 1,
                                      .high = 64,
                                      .note = "; 1..32 with timing.filter_load: bank",
                                      .required = true,
                                      .meaning = "filter network",
                                      .unit = "values per clock"}),
    key::integer<&NocConfig::ifmap, &NocConfig::fifo_depth>({.name = "ifmap",
                                                             .low = 1,
                                                             .high = 64,
                                                             .high_key = "fifo_depth",
                                                             .required = true,
                                                             .meaning = "ifmap network",
                                                             .unit = "values per clock"}),
    key::integer<&NocConfig::psum_in, &NocConfig::fifo_depth>({.name = "psum_in",
                                                               .low = 1,
                                                               .high = 64,
                                                               .high_key = "fifo_depth",
                                                               .required = true,
                                                               .meaning = "psum input",
                                                               .unit = "values per clock"}),
    key::integer<&NocConfig::psum_out, &NocConfig::fifo_depth>({.name = "psum_out",
                                                                .low = 1,
                                                                .high = 64,
                                                                .high_key = "fifo_depth",
                                                                .required = true,
                                                                .meaning = "psum output",
                                                                .unit = "values per clock"}),
    key::integer<&NocConfig::fifo_depth>({.name = "fifo_depth",
                                          .low = 1,
                                          .high = 64,
                                          .meaning = "depth of the PEs' network FIFOs",
                                          .unit = "values"})};

}  // namespace turnpike::config
