#pragma once

#include <string>

#include "sim/base/inventory.hpp"
#include "sim/cost/technology.hpp"

namespace turnpike::cost {

/// Widest psum the tables know; wider ones are priced as this, flagged.
inline constexpr int kWidestTablePsum = 32;
/// Width of the one row of the PE control.
inline constexpr int kControlRowWidth = 17;

/// A class of logic that is one component of datapath.csv.
struct LogicRow {
  UnitClass unit_class;
  const char* name;  ///< "component.op"; of a lut, the item of the action is the op
  int narrowest;     ///< the first row that is to be used: narrower data are worked on at it
};

/// The row of a class of logic, or null if the class has tables of its own.
[[nodiscard]] const LogicRow* logic_row(UnitClass unit_class);

/// Its figures at `bits`, flagged if the row of a wider one stands in.
[[nodiscard]] Lookup logic_at(const Technology& technology, const LogicRow& row, int bits,
                              std::string_view op = {});

/// What one copy of a unit is made of, at its own widths: logic, or else a memory.
[[nodiscard]] Lookup logic_of(const Technology& technology, const Unit& unit);
[[nodiscard]] bool is_memory(UnitClass unit_class);
/// Of an sram or spad_sram whose words have `bits`.
[[nodiscard]] MemoryLookup memory_of(const Technology& technology, const Unit& unit, int bits);

}  // namespace turnpike::cost
