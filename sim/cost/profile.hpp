#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/action_count.hpp"
#include "sim/base/config_map.hpp"
#include "sim/cost/source_note.hpp"

namespace turnpike::cost {

/// How the registers' clock energy of a PE-cycle is charged.
enum class ClockRule {
  none,          ///< not at all
  flip_flops,    ///< by the flip-flops of this machine's PE
  constant,      ///< by those of the same PE at 16 bits
  proportional,  ///< by those at 16 bits x operand bits / 16
};
[[nodiscard]] std::string_view to_string(ClockRule rule);

/// Constants that are uncertain together.
enum class Group { logic, spads, noc, glb, clock, leakage, dram };
inline constexpr int kGroups = 7;
[[nodiscard]] std::string_view to_string(Group group);
[[nodiscard]] Group group_of(Component component);

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

/// What the policy line says beside the cost policy.
struct PolicyContext {
  std::string profile;
  std::string psum;        ///< e.g. "16 bit", "overflow-free", "scaled"
  std::string first_last;  ///< e.g. "same"
  std::string dram;        ///< device
  std::string feature_maps;
  std::vector<std::string> departures;  ///< keys whose value is not the profile's
};

/// The line printed under every table.
[[nodiscard]] std::string policy_line(const PolicyContext& context, const CostPolicy& policy);

/// A named set of policies (schema turnpike-profile/1): a configuration overlay laid under the keys
/// of the accelerator file that names it, and over them if it is chosen on the command line.
struct Profile {
  std::string name;
  std::string description;
  std::map<std::string, std::string> sources;  ///< where a key's number comes from, by dotted key
  ConfigNode overlay;                          ///< psum, layers, dram, feature_maps, cost

  /// InputError for a key a profile may not set, a wrong `cost` mapping, or a source of a key the
  /// profile does not set.
  static Profile load(const std::string& path);
  /// Names of the profiles (*.yaml) in a directory, sorted. FileError if it is none.
  static std::vector<std::string> names_in(const std::string& directory);
};

}  // namespace turnpike::cost
