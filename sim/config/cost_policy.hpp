#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "sim/base/config_map.hpp"
#include "sim/base/range.hpp"
#include "sim/config/choice.hpp"
#include "sim/config/key.hpp"

namespace turnpike::config {

/// How the registers' clock energy of a PE-cycle is charged.
enum class ClockRule {
  none,          ///< not at all
  flip_flops,    ///< by the flip-flops of this machine's PE
  constant,      ///< by those of the same PE at 16 bits
  proportional,  ///< by those at 16 bits x operand bits / 16
  share,         ///< by what a PE does, and by `fixed_share` of the width; docs/cost.md
};
template <>
struct ChoiceNames<ClockRule> {
  static constexpr std::array<std::string_view, 5> names = {"none", "flip_flops", "constant",
                                                            "proportional", "share"};
};

/// Constants that are uncertain together.
enum class Group { logic, spads, noc, glb, clock, leakage, dram };
inline constexpr int kGroups = 7;
template <>
struct ChoiceNames<Group> {
  static constexpr std::array<std::string_view, kGroups> names = {"logic", "spads",   "noc", "glb",
                                                                  "clock", "leakage", "dram"};
};

/// What is uncertain: the factor range of each Group, and the ranges of the two parameters of
/// ClockRule::share; a parameter without one is as stated.
struct Bands : std::array<Range, kGroups> {
  std::optional<Range> fixed_share;
  std::optional<Range> stalled_pe_clock;

  friend bool operator==(const Bands&, const Bands&) = default;
};

/// What a chosen accounting counts: the `cost:` mapping of a configuration.
struct CostPolicy {
  ClockRule clock = ClockRule::flip_flops;
  double clock_factor = 1.0;   ///< share of the flip-flops' clock energy that is spent
  double idle_pe_clock = 1.0;  ///< an unmapped PE's clock energy over a mapped one's
  // Of ClockRule::share.
  double fixed_share = 1.0;       ///< of the clock energy, does not shrink with the width
  double stalled_pe_clock = 1.0;  ///< a mapped PE's without a MAC over one's with
  /// Part of the clock energy that stalled PEs had in the run clock_factor was fitted to, were they
  /// clocked like busy ones: tells what factor fits another stalled_pe_clock.
  double fit_stalled_share = 0.0;
  bool access_clock = false;  ///< access energies contain their clock pins
  bool control = false;       ///< PE control and controller switching are charged
  bool leakage = false;
  bool dram_background = false;  ///< DRAM standby and refresh
  bool first_last_area = false;  ///< the area of 16-bit PEs for native16 layers is charged
  Bands uncertainty{};           ///< factor range of each Group
  std::optional<std::string> energy_table;  ///< Accelergy ERT that replaces prices; a path
  std::optional<std::string> area_table;    ///< Accelergy ART that replaces areas; a path

  /// Reads the `cost` mapping of `top`. Every key but the tables is required, unknown ones are
  /// errors.
  static CostPolicy read(ConfigMap& top);
};

namespace key {

template <Group Of>
[[nodiscard]] constexpr Key<Bands> band(KeyFacts facts) {
  facts.form = Form::band;
  return {facts,
          [](ConfigMap& map, const KeyFacts& row, Bands& bands, Scope) {
            Range& range = bands[static_cast<std::size_t>(Of)];
            range = read_band(map, row).value_or(range);
          },
          [](const Bands& bands) {
            const Range& range = bands[static_cast<std::size_t>(Of)];
            return '[' + shown(range.low) + ", " + shown(range.high) + ']';
          },
          nullptr};
}

/// Range of a parameter itself, 0 to 1.
template <auto Member>
[[nodiscard]] constexpr Key<Bands> parameter_range(KeyFacts facts) {
  facts.form = Form::range;
  facts.high = 1.0;
  facts.absent = "as stated";
  return {facts,
          [](ConfigMap& map, const KeyFacts& row, Bands& bands, Scope) {
            bands.*Member = read_range(map, row);
          },
          [](const Bands&) { return std::string{}; }, nullptr};
}

}  // namespace key

template <>
inline constexpr auto kKeys<Bands> = std::array{
    key::band<Group::logic>(
        {.name = "logic",
         .low = 1e-3,
         .high = 1e3,
         .required = true,
         .meaning = "range of a factor on MAC, control, post and codec energies"}),
    key::band<Group::spads>(
        {.name = "spads", .low = 1e-3, .high = 1e3, .required = true, .meaning = "same, spads"}),
    key::band<Group::noc>({.name = "noc",
                           .low = 1e-3,
                           .high = 1e3,
                           .required = true,
                           .meaning = "same, networks, FIFOs and links"}),
    key::band<Group::glb>(
        {.name = "glb", .low = 1e-3, .high = 1e3, .required = true, .meaning = "same, buffers"}),
    key::band<Group::clock>(
        {.name = "clock", .low = 1e-3, .high = 1e3, .required = true, .meaning = "same, clock"}),
    key::band<Group::leakage>({.name = "leakage",
                               .low = 1e-3,
                               .high = 1e3,
                               .required = true,
                               .meaning = "same, leakage"}),
    key::band<Group::dram>(
        {.name = "dram", .low = 1e-3, .high = 1e3, .required = true, .meaning = "same, DRAM"}),
    key::parameter_range<&Bands::fixed_share>(
        {.name = "fixed_share", .meaning = "range of cost.fixed_share"}),
    key::parameter_range<&Bands::stalled_pe_clock>(
        {.name = "stalled_pe_clock", .meaning = "range of cost.stalled_pe_clock"})};

template <>
inline constexpr auto kKeys<CostPolicy> = std::array{
    key::choice<&CostPolicy::clock>(
        {.name = "clock",
         .required = true,
         .meaning = "how the registers' clock energy of a PE-cycle is charged"}),
    key::number<&CostPolicy::clock_factor>(
        {.name = "clock_factor",
         .low = 0,
         .high = 10,
         .required = true,
         .meaning = "share of the flip-flops' clock energy that is spent"}),
    key::number<&CostPolicy::idle_pe_clock>(
        {.name = "idle_pe_clock",
         .low = 0,
         .high = 1,
         .required = true,
         .meaning = "clock energy of an unmapped PE over that of a mapped one"}),
    key::number<&CostPolicy::fixed_share>(
        {.name = "fixed_share",
         .low = 0,
         .high = 1,
         .note = ", with clock: share",
         .absent = "required with clock: share",
         .meaning = "part of the clock energy that does not shrink with the operands' width"}),
    key::number<&CostPolicy::stalled_pe_clock>(
        {.name = "stalled_pe_clock",
         .low = 0,
         .high = 1,
         .note = ", with clock: share",
         .absent = "required with clock: share",
         .meaning = "clock energy of a mapped PE without a MAC over that of one with"}),
    key::number<&CostPolicy::fit_stalled_share>(
        {.name = "fit_stalled_share",
         .low = 0,
         .high = 1,
         .note = ", with clock: share",
         .absent = "required with clock: share",
         .meaning = "part that stalled PEs had of the clock energy clock_factor was fitted to"}),
    key::truth<&CostPolicy::access_clock>(
        {.name = "access_clock",
         .note = ", true not with flip_flops, constant, proportional",
         .required = true,
         .meaning = "access energies contain their clock pins"}),
    key::truth<&CostPolicy::control>(
        {.name = "control", .required = true, .meaning = "PE control and controller are charged"}),
    key::truth<&CostPolicy::leakage>(
        {.name = "leakage", .required = true, .meaning = "leakage x time is charged"}),
    key::truth<&CostPolicy::dram_background>({.name = "dram_background",
                                              .required = true,
                                              .meaning = "DRAM standby and refresh are charged"}),
    key::truth<&CostPolicy::first_last_area>(
        {.name = "first_last_area",
         .required = true,
         .meaning = "the area of 16-bit PEs for native16 layers is charged"}),
    key::text<&CostPolicy::energy_table>({.name = "energy_table",
                                          .allowed = "path of an Accelergy ERT",
                                          .absent = "none",
                                          .meaning = "prices that replace the tables'"}),
    key::text<&CostPolicy::area_table>({.name = "area_table",
                                        .allowed = "path of an Accelergy ART",
                                        .absent = "none",
                                        .meaning = "areas that replace the tables'"}),
    key::section<&CostPolicy::uncertainty>({.name = "uncertainty"})};

/// InputError if the clock pins would be paid for twice.
void check(const CostPolicy& policy, const ConfigMap& map);

}  // namespace turnpike::config
