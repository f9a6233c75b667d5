#include "sim/config/dram.hpp"

#include <fmt/format.h>

#include "sim/base/config_map.hpp"

namespace turnpike::config {

void read_power_down(ConfigMap& map, const KeyFacts& facts, DramConfig& dram) {
  const ConfigNode* after = key::value_of(map, facts);
  if (after == nullptr) {
    return;
  }
  if (after->scalar == kNever[0]) {
    dram.power_down_after.reset();
  } else {
    dram.power_down_after = parse_int(*after, "dram.power_down_after", static_cast<long>(facts.low),
                                      static_cast<long>(facts.high));
  }
}

std::string shown_power_down(const DramConfig& dram) {
  return dram.power_down_after ? fmt::format("{}", *dram.power_down_after) : std::string{kNever[0]};
}

}  // namespace turnpike::config
