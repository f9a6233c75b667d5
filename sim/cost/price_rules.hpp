#pragma once

#include "sim/base/action_count.hpp"
#include "sim/cost/cost_model.hpp"

namespace turnpike::cost {

/// Widest psum the tables know; wider ones are priced as this, flagged.
inline constexpr int kWidestTablePsum = 32;
/// Width of the one row of the PE control.
inline constexpr int kControlRowWidth = 17;
/// Narrowest saturating adder; narrower sums use it.
inline constexpr int kNarrowestAdd = 8;
/// Narrowest ReLU with a gate in it.
inline constexpr int kNarrowestRelu = 2;
/// The filter buffer is one macro; its double buffering is in time, not in ports.
inline constexpr int kFilterBufferBanks = 1;

/// InputError: the vocabulary has no such action.
[[noreturn]] void unknown_action(const ActionKey& key);

/// A price of zero because the policy leaves the action out.
[[nodiscard]] Price left_out(const std::string& why);

/// Sum of two prices, steps in order.
[[nodiscard]] Price sum(Price a, const Price& b);
[[nodiscard]] Price repeated(Price a, int times);

}  // namespace turnpike::cost
