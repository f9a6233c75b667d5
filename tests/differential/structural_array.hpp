#pragma once

#include "pe/pass_result.hpp"
#include "pe/pass_shape.hpp"

namespace turnpike::differential {

/// What the structural array did in a pass.
struct StructuralResult {
  pe::PassCounters counters;
  bool finished = false;  ///< false: still busy after `clock_limit` clocks
  bool empty = false;     ///< nothing left in any FIFO, spad or pipeline
};

/// Runs one pass on a structural build of the PE array: a module per PE, sc_fifo links, a module
/// per network, real data through the FIFOs, clocks that run only in their phase. Written to the
/// rules of docs/array.md and independent of pe::ArrayCore. Psums in `operands` are replaced.
///
/// Each call elaborates the array anew in a SystemC context of its own.
[[nodiscard]] StructuralResult run_structural(const pe::PassShape& shape,
                                              pe::PassOperands& operands,
                                              std::uint64_t clock_limit = 1'000'000);

}  // namespace turnpike::differential
