#pragma once

#include <cstdint>
#include <vector>

namespace turnpike::memory {

/// The accesses one stream (ifmap reads, psum reads, psum writes, transfers from and to DRAM) makes
/// to the global buffer during a pass: so many lines, going round these banks in turn.
struct GlbStream {
  std::int64_t accesses = 0;
  std::vector<int> banks;  ///< not empty if there are accesses
};

// A bank answers one access a clock, read or write. A stream's accesses fall evenly on its banks,
// at an even rate over the pass; queues between the buffer and the networks take up what collides
// for a moment. So a pass takes as long as its busiest bank, if that is longer than its own clocks.
// Streams on disjoint banks that ask each bank at most once a clock never conflict.

/// Accesses each bank answers, by bank; banks after the last one used are left out: of each stream
/// ceil(accesses / banks).
[[nodiscard]] std::vector<std::int64_t> accesses_by_bank(const std::vector<GlbStream>& streams);
/// Those of the busiest bank.
[[nodiscard]] std::int64_t busiest_bank_accesses(const std::vector<GlbStream>& streams);

}  // namespace turnpike::memory
