#pragma once

#include <string>
#include <vector>

#include "sim/base/action_count.hpp"
#include "sim/config/cost_policy.hpp"

namespace turnpike::cost {

using config::ClockRule;
using config::CostPolicy;
using config::Group;
using config::kGroups;

[[nodiscard]] Group group_of(Component component);

/// What the policy line says beside the cost policy.
struct PolicyContext {
  std::string profile;
  std::string psum;        ///< e.g. "16 bit", "overflow-free", "scaled"
  std::string first_last;  ///< e.g. "same"
  std::string dram;        ///< device
  std::string feature_maps;
  std::string mapped_for;  ///< profile whose prices chose the mappings; empty: this one
  std::vector<std::string> departures;  ///< keys whose value is not the profile's
};

/// The line printed under every table.
[[nodiscard]] std::string policy_line(const PolicyContext& context, const CostPolicy& policy);

}  // namespace turnpike::cost
