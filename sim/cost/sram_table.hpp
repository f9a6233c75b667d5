#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "sim/cost/memory_figures.hpp"
#include "sim/cost/memory_grid.hpp"
#include "sim/cost/source_note.hpp"

namespace turnpike::cost {

struct SramSize {
  std::int64_t capacity_bytes = 0;  ///< of all banks
  int line_bits = 0;
  int banks = 1;
};

/// SRAM macros from a CACTI sweep (sram.csv) with the rules of sram.source.
///
/// Figures are positive and, for a number of banks, monotone: more lines or wider lines never cost
/// less.
class SramTable {
 public:
  explicit SramTable(const std::string& path);

  /// InputError if the capacity is larger than the table's.
  [[nodiscard]] MemoryLookup at(const SramSize& size) const;

  /// This table brought to another node by the ratio of the two nodes' single-bank macros at the
  /// nearest size; where the node has a row, that row.
  [[nodiscard]] SramTable scaled_to(const SramTable& node) const;

  /// A single-bank row of `node` over this table's: how a macro of that size compares.
  [[nodiscard]] MemoryFigures ratio_at(const SramTable& node, int width,
                                       std::int64_t capacity) const;

 private:
  using Curve = std::map<std::int64_t, MemoryFigures>;  ///< by capacity
  using Words = std::map<int, Curve>;                   ///< by word width
  /// Banked over single-bank rows of one size.
  struct BankRatio {
    double log_width = 0.0, log_capacity = 0.0;
    MemoryFigures factor;
  };

  void read(const std::string& path);
  [[nodiscard]] MemoryFigures macro(int width, double words) const;
  [[nodiscard]] std::vector<BankRatio> bank_ratios(int banks) const;
  [[nodiscard]] MemoryGrid empty_grid(int banks) const;
  void build_single();
  void build_banked(int banks);
  [[nodiscard]] MemoryLookup in_grid(const SramSize& size) const;

  std::string path_;
  std::string name_;
  Range words_;
  Range capacities_;
  std::map<int, Words> rows_;        ///< by banks
  std::map<int, MemoryGrid> grids_;  ///< by banks: 1 and those of the rows
  std::string scaling_;              ///< what brought a scaled table to its node
};

}  // namespace turnpike::cost
