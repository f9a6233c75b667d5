#pragma once

#include <array>
#include <string_view>

#include "sim/config/choice.hpp"

namespace turnpike::config {

/// What a filter load streams.
enum class FilterLoad {
  bank,   ///< whole banks, as on the chip
  exact,  ///< what is used
};
template <>
struct ChoiceNames<FilterLoad> {
  static constexpr std::array<std::string_view, 2> names = {"bank", "exact"};
};

/// `timing`: details of the chip's control.
struct TimingConfig {
  FilterLoad filter_load = FilterLoad::bank;

  friend bool operator==(const TimingConfig&, const TimingConfig&) = default;
};

}  // namespace turnpike::config
