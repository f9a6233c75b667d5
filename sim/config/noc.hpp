#pragma once

#include <cstdint>

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

}  // namespace turnpike::config
