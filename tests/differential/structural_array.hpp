#pragma once

#include "pe/row_stationary/pass_counters.hpp"
#include "pe/row_stationary/pass_shape.hpp"

namespace turnpike::differential {

/// What the structural array did in a pass.
struct StructuralResult {
  pe::row_stationary::PassCounters counters;
  bool finished = false;  ///< false: still busy after `clock_limit` clocks
  bool empty = false;     ///< nothing left in any FIFO, spad or pipeline
};

/// Runs one pass on a structural build of the PE array: a module per PE, sc_fifo links, a module
/// per network, real data through the FIFOs, clocks that run only in their phase. Written to the
/// rules of docs/array.md and independent of pe::row_stationary::ArrayCore. Psums in `operands` are
/// replaced.
///
/// Each call elaborates the array anew in a SystemC context of its own.
[[nodiscard]] StructuralResult run_structural(const pe::row_stationary::PassShape& shape,
                                              pe::PassOperands& operands,
                                              std::uint64_t clock_limit = 1'000'000);

}  // namespace turnpike::differential
