#pragma once

#include "sim/cost/provenance.hpp"

namespace turnpike::cost {

/// Energies per line at 1.0 V; leakage and area of all banks.
struct MemoryFigures {
  double read_pj = 0.0;
  double write_pj = 0.0;  ///< never below read_pj: tables leave out half-selected columns
  double leakage_mw = 0.0;
  double area_mm2 = 0.0;
  friend bool operator==(const MemoryFigures&, const MemoryFigures&) = default;
};
[[nodiscard]] MemoryFigures mix(const MemoryFigures& a, const MemoryFigures& b, double t);
/// Entry by entry.
[[nodiscard]] MemoryFigures times(const MemoryFigures& a, const MemoryFigures& b);
[[nodiscard]] MemoryFigures ratio(const MemoryFigures& a, const MemoryFigures& b);
/// The larger, the smaller of each entry.
[[nodiscard]] MemoryFigures larger(const MemoryFigures& a, const MemoryFigures& b);
[[nodiscard]] MemoryFigures smaller(const MemoryFigures& a, const MemoryFigures& b);
/// `n` copies of which an access reaches one.
[[nodiscard]] MemoryFigures copies(const MemoryFigures& a, double n);
[[nodiscard]] bool all_positive(const MemoryFigures& a);

struct MemoryLookup {
  MemoryFigures figures;
  Provenance from;
};

}  // namespace turnpike::cost
