#pragma once

#include <array>
#include <string_view>

#include "sim/config/choice.hpp"
#include "sim/config/key.hpp"

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

template <>
inline constexpr auto kKeys<TimingConfig> = std::array{key::choice<&TimingConfig::filter_load>(
    {.name = "filter_load",
     .meaning = "a filter load streams whole banks, as on the chip, or only what is used"})};

}  // namespace turnpike::config
