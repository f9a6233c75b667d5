#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "sim/base/config_map.hpp"
#include "sim/base/range.hpp"
#include "sim/config/choice.hpp"

namespace turnpike::config {

/// How the registers' clock energy of a PE-cycle is charged.
enum class ClockRule {
  none,          ///< not at all
  flip_flops,    ///< by the flip-flops of this machine's PE
  constant,      ///< by those of the same PE at 16 bits
  proportional,  ///< by those at 16 bits x operand bits / 16
};
template <>
struct ChoiceNames<ClockRule> {
  static constexpr std::array<std::string_view, 4> names = {"none", "flip_flops", "constant",
                                                            "proportional"};
};

/// Constants that are uncertain together.
enum class Group { logic, spads, noc, glb, clock, leakage, dram };
inline constexpr int kGroups = 7;
template <>
struct ChoiceNames<Group> {
  static constexpr std::array<std::string_view, kGroups> names = {"logic", "spads",   "noc", "glb",
                                                                  "clock", "leakage", "dram"};
};

/// What a chosen accounting counts: the `cost:` mapping of a configuration.
struct CostPolicy {
  ClockRule clock = ClockRule::flip_flops;
  double clock_factor = 1.0;   ///< share of the flip-flops' clock energy that is spent
  double idle_pe_clock = 1.0;  ///< an unmapped PE's clock energy over a mapped one's
  bool access_clock = false;   ///< access energies contain their clock pins
  bool control = false;        ///< PE control and controller switching are charged
  bool leakage = false;
  bool dram_background = false;  ///< DRAM standby and refresh
  bool first_last_area = false;  ///< the area of 16-bit PEs for native16 layers is charged
  std::array<Range, kGroups> uncertainty{};  ///< factor range of each Group
  std::optional<std::string> energy_table;   ///< Accelergy ERT that replaces prices; a path
  std::optional<std::string> area_table;     ///< Accelergy ART that replaces areas; a path

  /// Reads the `cost` mapping of `top`. Every key but the tables is required, unknown ones are
  /// errors.
  static CostPolicy read(ConfigMap& top);
};

}  // namespace turnpike::config
