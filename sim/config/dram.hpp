#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sim/config/choice.hpp"
#include "sim/config/key.hpp"

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
  std::optional<std::int64_t> power_down_after = 16;  ///< idle DRAM clocks; never if empty

  friend bool operator==(const DramConfig&, const DramConfig&) = default;
};

/// Of `power_down_after`.
inline constexpr std::array<std::string_view, 1> kNever = {"off"};
void read_power_down(ConfigMap& map, const KeyFacts& facts, DramConfig& dram);
[[nodiscard]] std::string shown_power_down(const DramConfig& dram);

template <>
inline constexpr auto kKeys<DramConfig> = std::array{
    key::text<&DramConfig::device>({.name = "device",
                                    .allowed = "a name of `list devices`, or a path",
                                    .policy = true,
                                    .meaning = "the memory behind the buffer"}),
    key::integer<&DramConfig::channels>({.name = "channels",
                                         .low = 1,
                                         .high = 16,
                                         .note = ", a power of two; 1 for a link",
                                         .meaning = "DRAM channels"}),
    key::choice<&DramConfig::page>(
        {.name = "page", .meaning = "page policy of the DRAM controller"}),
    key::own<DramConfig, read_power_down, shown_power_down>(
        {.name = "power_down_after",
         .form = Form::integer_or_choice,
         .low = 0,
         .high = 1 << 30,
         .choices = kNever,
         .meaning = "idle DRAM clocks after which a rank closes its rows and powers down"})};

}  // namespace turnpike::config
