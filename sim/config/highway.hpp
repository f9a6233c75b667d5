#pragma once

#include <array>
#include <string_view>

#include "sim/config/choice.hpp"

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

  friend bool operator==(const HighwayConfig&, const HighwayConfig&) = default;
};

}  // namespace turnpike::config
