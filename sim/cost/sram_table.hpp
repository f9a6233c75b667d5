#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "sim/cost/provenance.hpp"
#include "sim/cost/source_note.hpp"

namespace turnpike::cost {

struct SramSize {
  std::int64_t capacity_bytes = 0;  ///< of all banks
  int line_bits = 0;
  int banks = 1;
};

/// Energies per line at 1.0 V; leakage and area of all banks.
struct MemoryFigures {
  double read_pj = 0.0;
  double write_pj = 0.0;  ///< the larger of write and read: the rows ignore half-selected columns
  double leakage_mw = 0.0;
  double area_mm2 = 0.0;
};
[[nodiscard]] MemoryFigures mix(const MemoryFigures& a, const MemoryFigures& b, double t);
/// Entry by entry.
[[nodiscard]] MemoryFigures times(const MemoryFigures& a, const MemoryFigures& b);
[[nodiscard]] MemoryFigures ratio(const MemoryFigures& a, const MemoryFigures& b);

struct MemoryLookup {
  MemoryFigures figures;
  Provenance from;
};

/// SRAM macros from a CACTI sweep (sram.csv) with the rules of sram.source.
class SramTable {
 public:
  explicit SramTable(const std::string& path);

  /// InputError if the size lies outside the table's range or no rule reaches it.
  [[nodiscard]] MemoryLookup at(const SramSize& size) const;

  /// The single-bank row of `other` over this table's, at the nearest word width both have, linear
  /// in capacity, which is held to the range of the rows: how one node's macros compare to
  /// another's.
  [[nodiscard]] MemoryLookup ratio_of(const SramTable& other, const SramSize& size) const;

 private:
  using Curve = std::map<std::int64_t, MemoryFigures>;  ///< by capacity
  using Words = std::map<int, Curve>;                   ///< by word width

  [[nodiscard]] const Words& banked(int banks) const;
  [[nodiscard]] bool on_rows(const SramSize& size, MemoryLookup& found) const;
  [[nodiscard]] MemoryLookup from_macros(const SramSize& size) const;
  [[nodiscard]] MemoryLookup bank_ratio(const SramSize& size) const;

  std::string path_;
  std::string name_;
  Range words_;
  Range capacities_;
  std::map<int, Words> rows_;  ///< by banks
};

}  // namespace turnpike::cost
