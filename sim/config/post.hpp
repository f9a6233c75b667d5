#pragma once

#include <cstdint>

namespace turnpike::config {

/// `post`: the post-processing unit.
struct PostConfig {
  std::int64_t values_per_clock = 4;

  friend bool operator==(const PostConfig&, const PostConfig&) = default;
};

}  // namespace turnpike::config
