#pragma once

#include <string_view>
#include <vector>

#include "sim/base/action_count.hpp"

namespace turnpike::report {

/// Components shown as one.
struct ComponentGroup {
  std::string_view name;
  std::vector<Component> components;
};

/// Every component once, in the order of a stack: what computes, what stores, what moves.
[[nodiscard]] const std::vector<ComponentGroup>& component_groups();

}  // namespace turnpike::report
