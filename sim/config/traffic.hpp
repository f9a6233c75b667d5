#pragma once

#include <array>
#include <string_view>

#include "sim/config/choice.hpp"

namespace turnpike::config {

/// `feature_maps`: do they stay in the global buffer when they fit, or always go to DRAM?
enum class FeatureMaps { keep, spill };
template <>
struct ChoiceNames<FeatureMaps> {
  static constexpr std::array<std::string_view, 2> names = {"keep", "spill"};
};

/// `transfers`: does the fetch for the next pass go while one runs, or between passes?
enum class Transfers { overlap, serial };
template <>
struct ChoiceNames<Transfers> {
  static constexpr std::array<std::string_view, 2> names = {"overlap", "serial"};
};

/// `rlc`: which DRAM transfers are run-length coded.
enum class RunLengthMode {
  off,
  on,
  where_it_helps,  ///< those that take fewer words so
};
template <>
struct ChoiceNames<RunLengthMode> {
  static constexpr std::array<std::string_view, 3> names = {"off", "on", "where_it_helps"};
};

}  // namespace turnpike::config
