#pragma once

#include <cstdint>
#include <vector>

#include "sim/base/quantity.hpp"

namespace turnpike::memory {

/// The accesses one stream (ifmap reads, psum reads, psum writes, transfers from and to DRAM) makes
/// to the global buffer during a pass: so many lines, going round these banks in turn.
struct GlbStream {
  std::int64_t accesses = 0;
  std::vector<int> banks;  ///< not empty if there are accesses
};

/// Clocks by which a pass of `pass` clocks gets longer because banks are shared.
///
/// A bank answers one access a clock, read or write. A stream's accesses fall evenly on its banks,
/// at an even rate over the pass; queues between the buffer and the networks take up what collides
/// for a moment. So the pass takes as long as its busiest bank, if that is longer:
/// conflicts = max(0, max over banks of the sum over streams of ceil(accesses / banks) - pass).
/// Streams on disjoint banks that ask each bank at most once a clock never conflict.
[[nodiscard]] Cycles bank_conflict_clocks(const std::vector<GlbStream>& streams, Cycles pass);

/// Accesses each bank answers, by bank; banks after the last one used are left out.
[[nodiscard]] std::vector<std::int64_t> accesses_by_bank(const std::vector<GlbStream>& streams);
/// Those of the busiest bank.
[[nodiscard]] std::int64_t busiest_bank_accesses(const std::vector<GlbStream>& streams);

}  // namespace turnpike::memory
