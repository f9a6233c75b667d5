#include "sim/cost/policy.hpp"

#include <filesystem>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sim/base/error.hpp"

namespace turnpike::cost {

Group group_of(Component component) {
  switch (component) {
    case Component::mac:
    case Component::pe_control:
    case Component::post:
    case Component::rlc:
    case Component::controller:
      return Group::logic;
    case Component::ifmap_spad:
    case Component::filter_spad:
    case Component::psum_spad:
      return Group::spads;
    case Component::pe_fifo:
    case Component::pe_link:
    case Component::noc:
      return Group::noc;
    case Component::glb:
    case Component::glb_filter:
      return Group::glb;
    case Component::clock:
      return Group::clock;
    case Component::leakage:
      return Group::leakage;
    case Component::dram:
      return Group::dram;
  }
  throw InternalError{"a component without an uncertainty group"};
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
  } else if (policy.access_clock) {
    clock = "clock inside accesses only";
  }
  return fmt::format(
      "profile {}: psum {}; first/last layer {}{}; {}; control {}; leakage {}; DRAM {}, standby "
      "{}; feature maps {}{}{}{}",
      context.profile, context.psum, context.first_last,
      policy.first_last_area ? " with their area" : "", clock, policy.control ? "in" : "out",
      policy.leakage ? "in" : "out", context.dram, policy.dram_background ? "in" : "out",
      context.feature_maps,
      context.departures.empty()
          ? ""
          : fmt::format("; departs: {}", fmt::join(context.departures, ", ")),
      policy.energy_table ? "; energies replaced by " + file_name(*policy.energy_table) : "",
      policy.area_table ? "; areas replaced by " + file_name(*policy.area_table) : "");
}

}  // namespace turnpike::cost
