#include "sim/accelerator/run_result.hpp"

#include <algorithm>

namespace turnpike::accelerator {

bool Checks::codes_passed() const {
  return ofmap_bit_exact.value_or(true) ||
         (tolerance > 0 && codes_differing == codes_within_tolerance);
}

bool Checks::all_passed() const {
  return codes_passed() && accumulators_exact.value_or(true) && float_passed() &&
         std::all_of(conservation.begin(), conservation.end(),
                     [](const auto& check) { return check.second; });
}

CycleCounts RunResult::cycles() const {
  CycleCounts total;
  for (const LayerResult& layer : layers) {
    total.processing += layer.cycles.processing;
    total.dram_stall += layer.cycles.dram_stall;
    total.post_stall += layer.cycles.post_stall;
  }
  return total;
}

std::uint64_t RunResult::glb_conflict_cycles() const {
  std::uint64_t total = 0;
  for (const LayerResult& layer : layers) {
    total += layer.glb_conflict_cycles;
  }
  return total;
}

std::uint64_t RunResult::macs() const {
  std::uint64_t total = 0;
  for (const LayerResult& layer : layers) {
    total += layer.macs;
  }
  return total;
}

}  // namespace turnpike::accelerator
