#include "sim/config/cost_policy.hpp"

#include <fmt/format.h>

namespace turnpike::config {

void check(const CostPolicy& policy, const ConfigMap& map) {
  if (policy.clock == ClockRule::share) {
    for (const char* key : {"fixed_share", "stalled_pe_clock", "fit_stalled_share"}) {
      if (!map.has(key)) {
        map.fail("clock", fmt::format("'share' needs 'cost.{}' as well", key));
      }
    }
    return;
  }
  if (policy.access_clock && policy.clock != ClockRule::none) {
    map.fail("access_clock",
             "'access_clock' is true although 'clock' charges the clock per cycle: the clock pins "
             "would be paid for twice");
  }
}

CostPolicy CostPolicy::read(ConfigMap& top) {
  ConfigMap map = top.get_map("cost");
  CostPolicy policy;
  read_keys(map, policy, Scope::all);
  map.finish();
  return policy;
}

}  // namespace turnpike::config
