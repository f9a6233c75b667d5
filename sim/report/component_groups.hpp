#pragma once

#include <string_view>
#include <vector>

#include "sim/base/action_count.hpp"

namespace turnpike::report {

/// Components shown as one, and how they are drawn.
struct ComponentGroup {
  std::string_view name;
  std::vector<Component> components;
  std::string_view colour;        ///< "#332288"
  std::string_view pattern;       ///< one of the patterns of page/chart.js
  std::string_view word = {};     ///< in a sentence, where it is not its name
  std::string_view of_time = {};  ///< in a sentence: what of it follows from time
};

/// Every component once, in the order of a stack: what computes, what stores, what moves.
[[nodiscard]] const std::vector<ComponentGroup>& component_groups();

}  // namespace turnpike::report
