#pragma once

#include <cstdint>

namespace turnpike::config {

/// `spads`: the scratch pads of a PE, values.
struct SpadConfig {
  std::int64_t ifmap = 12;
  std::int64_t filter = 224;
  std::int64_t psum = 24;

  friend bool operator==(const SpadConfig&, const SpadConfig&) = default;
};

}  // namespace turnpike::config
