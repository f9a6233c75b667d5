#include "sim/cost/policy.hpp"

#include <filesystem>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sim/base/error.hpp"

namespace turnpike::cost {

Group group_of(Component component) {
  const std::optional<Group> group = config::choice_named<Group>(component.row().uncertainty);
  ensure(group.has_value(), "a component is uncertain with one of the groups");
  return *group;
}

namespace {

/// The same wherever the file lies: a run directory keeps a copy.
std::string file_name(const std::string& path) {
  return std::filesystem::path{path}.filename().string();
}

}  // namespace

std::string policy_line(const PolicyContext& context, const CostPolicy& policy) {
  std::string clock = "no clock";
  if (policy.clock != ClockRule::none) {
    clock = fmt::format("clock {} x {}", to_string(policy.clock), policy.clock_factor);
  }
  if (policy.clock == ClockRule::share) {
    clock += fmt::format(" (fixed {}, stalled PEs {}, idle PEs {})", policy.fixed_share,
                         policy.stalled_pe_clock, policy.idle_pe_clock);
  }
  if (policy.clock != ClockRule::none) {
    clock += policy.access_clock ? ", clock pins in accesses" : "";
  } else if (policy.access_clock) {
    clock = "clock inside accesses only";
  }
  return fmt::format(
      "profile {}: psum {}; first/last layer {}{}; {}; control {}; leakage {}; DRAM {}, standby "
      "{}; feature maps {}{}{}{}{}",
      context.profile, context.psum, context.first_last,
      policy.first_last_area ? " with their area" : "", clock, policy.control ? "in" : "out",
      policy.leakage ? "in" : "out", context.dram, policy.dram_background ? "in" : "out",
      context.feature_maps, context.mapped_for.empty() ? "" : "; mapped for " + context.mapped_for,
      context.departures.empty()
          ? ""
          : fmt::format("; departs: {}", fmt::join(context.departures, ", ")),
      policy.energy_table ? "; energies replaced by " + file_name(*policy.energy_table) : "",
      policy.area_table ? "; areas replaced by " + file_name(*policy.area_table) : "");
}

}  // namespace turnpike::cost
