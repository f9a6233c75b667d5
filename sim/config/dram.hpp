#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sim/config/choice.hpp"

namespace turnpike::config {

/// What a DRAM controller does with a row after a burst.
enum class PagePolicy {
  open,    ///< it stays open until another is wanted
  closed,  ///< a burst closes its row unless a queued one wants it too
};
template <>
struct ChoiceNames<PagePolicy> {
  static constexpr std::array<std::string_view, 2> names = {"open", "closed"};
};

/// `dram`: the memory behind the buffer.
struct DramConfig {
  std::string device = "lpddr3-1600";
  std::int64_t channels = 1;
  PagePolicy page = PagePolicy::open;
  std::optional<std::int64_t> power_down_after;  ///< idle DRAM clocks; never if empty

  friend bool operator==(const DramConfig&, const DramConfig&) = default;
};

}  // namespace turnpike::config
