#pragma once

#include <array>
#include <cstdint>

#include "sim/config/key.hpp"

namespace turnpike::config {

/// `post`: the post-processing unit.
struct PostConfig {
  std::int64_t values_per_clock = 4;

  friend bool operator==(const PostConfig&, const PostConfig&) = default;
};

template <>
inline constexpr auto kKeys<PostConfig> = std::array{key::integer<&PostConfig::values_per_clock>(
    {.name = "values_per_clock",
     .low = 1,
     .high = 1024,
     .meaning = "throughput of the post-processing unit",
     .unit = "values per clock"})};

}  // namespace turnpike::config
