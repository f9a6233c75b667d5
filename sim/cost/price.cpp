#include "sim/cost/price.hpp"

#include <fmt/format.h>

namespace turnpike::cost {

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
