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

/// How many of the next pass's filters are fetched while a pass runs, whose own stay in the filter
/// buffer until it ends. On the chip a pass of AlexNet's CONV1 takes 7744 of the buffer's 8192
/// bytes: with those 448 ahead the transfers leave 4.4 ms exposed, the chip's time (JSSC 2017).
enum class FilterPrefetch {
  fitting,  ///< what the filter buffer has room for beside those in use
  any,      ///< all, whatever the buffer holds
};
template <>
struct ChoiceNames<FilterPrefetch> {
  static constexpr std::array<std::string_view, 2> names = {"fitting", "any"};
};

/// What a last strip of fewer ofmap rows does with the columns it leaves free. On the chip such
/// strips cost what their psums cost, not the MACs of a mapping for the others (VGG-16 CONV3-2,
/// JSSC 2017: 0.05 % with `spread`, 3.4 % with `as_mapped`).
enum class ShortStrips {
  spread,     ///< its filters go to more PE sets, as far as they fit and fill turns of the psum bus
  as_mapped,  ///< as many sets as in the others
};
template <>
struct ChoiceNames<ShortStrips> {
  static constexpr std::array<std::string_view, 2> names = {"spread", "as_mapped"};
};

/// `timing`: details of the chip's control.
struct TimingConfig {
  FilterLoad filter_load = FilterLoad::bank;
  FilterPrefetch filter_prefetch = FilterPrefetch::fitting;
  ShortStrips short_strips = ShortStrips::spread;

  friend bool operator==(const TimingConfig&, const TimingConfig&) = default;
};

template <>
inline constexpr auto kKeys<TimingConfig> = std::array{
    key::choice<&TimingConfig::filter_load>(
        {.name = "filter_load",
         .meaning = "a filter load streams whole banks, as on the chip, or only what is used"}),
    key::choice<&TimingConfig::filter_prefetch>(
        {.name = "filter_prefetch",
         .meaning = "of the next pass's filters, while one runs: what the filter buffer has room "
                    "for beside those in use, or all"}),
    key::choice<&TimingConfig::short_strips>(
        {.name = "short_strips",
         .meaning = "a last strip of fewer ofmap rows spreads its filters over more PE sets, or "
                    "leaves the free columns idle"})};

}  // namespace turnpike::config
