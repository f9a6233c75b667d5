#include "sim/cost/price_rules.hpp"

#include <fmt/format.h>

#include "sim/base/error.hpp"

namespace turnpike::cost {

void unknown_action(const ActionKey& key) {
  throw InputError{{"action counts", 0, 0},
                   fmt::format("{} {} {}: no such action (docs/action_vocabulary.md)",
                               to_string(key.component), to_string(key.action), key.item)};
}

Price left_out(const std::string& why) {
  return {Picojoules{0.0}, false, {"left out: " + why}};
}

Price sum(Price a, const Price& b) {
  a.energy += b.energy;
  a.interpolated = a.interpolated || b.interpolated;
  a.steps.insert(a.steps.end(), b.steps.begin(), b.steps.end());
  a.steps.push_back(fmt::format("sum = {:.6g}", a.energy));
  return a;
}

Price repeated(Price a, int times) {
  a.energy = a.energy * static_cast<double>(times);
  a.steps.push_back(fmt::format("x {} = {:.6g}", times, a.energy));
  return a;
}

}  // namespace turnpike::cost
