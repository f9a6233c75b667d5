#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "memory/dram_device.hpp"
#include "sim/run/run.hpp"

namespace turnpike::differential {

/// A whole run drawn from a seed: a small network with blocks, skips and branches, and a machine
/// with small and odd arrays, buffers, ports, latencies and memories.
struct RandomRun {
  std::string network;  ///< turnpike-network/1, or zoo:NAME
  std::vector<std::string>
      settings;         ///< as --set, over configs/accelerators/precision-highway.yaml
  double tck_ns = 0.0;  ///< of the DRAM; 0: what its device says
};
[[nodiscard]] RandomRun random_run(std::uint64_t seed);

/// The same up to the plan. InputError if the machine cannot run the network.
struct PreparedRun {
  PlannedRun plan;
  memory::DramDevice device;
};
[[nodiscard]] PreparedRun prepare(const RandomRun& run, const std::string& source_dir,
                                  const std::string& scratch_dir);

/// Repeats a run by hand: its settings, clock and network.
[[nodiscard]] std::string to_string(const RandomRun& run);

}  // namespace turnpike::differential
