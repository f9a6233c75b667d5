// Which table a class of units is looked up in.

#include "sim/cost/class_tables.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace turnpike::cost {
namespace {

constexpr std::array kLogicRows = {
    LogicRow{UnitClass::adder, "adder.add", 1},
    LogicRow{UnitClass::saturating_adder, "add_sat.add", 8},
    LogicRow{UnitClass::comparator, "max.max", 1},
    LogicRow{UnitClass::rectifier, "relu.relu", 2},
    LogicRow{UnitClass::multiplier, "mult.mul", 1},
    LogicRow{UnitClass::lut, "pwl_sigmoid_tanh.tanh", 16},
    LogicRow{UnitClass::encoder, "rlc_enc.encode", 1},
    LogicRow{UnitClass::decoder, "rlc_dec.decode", 1},
    LogicRow{UnitClass::shifter, "requant_shift.requant", 1},
};

/// A controller of the whole chip: gates of the technology's estimate, which leak as those of a
/// PE's control, which are of the same kind.
Lookup chip_control(const Technology& technology) {
  Lookup out;
  out.figures.at(Figure::nand2) = technology.constant("controller_nand2").value;
  const Figures control = technology.datapath("pe_ctrl.run", kControlRowWidth).figures;
  out.figures.at(Figure::leakage_nw) =
      control.at(Figure::leakage_nw) / control.at(Figure::nand2) * out.figures.at(Figure::nand2);
  out.from.add("technology.yaml: controller_nand2 (an estimate)");
  return out;
}

Lookup logic_of_width(const Technology& t, const Unit& unit, int width) {
  if (const LogicRow* row = logic_row(unit.unit_class)) {
    return t.datapath(row->name, std::max(row->narrowest, width));
  }
  switch (unit.unit_class) {
    case UnitClass::mac:
      return t.mac({unit.width, unit.weight_width, unit.result_width, unit.midrise});
    case UnitClass::register_file:
      return t.register_file("read", {unit.depth, width});
    case UnitClass::fifo:
      return t.fifo({unit.depth, width});
    case UnitClass::requantizer:
      return t.requant(width, unit.result_width);
    case UnitClass::selector:
      return t.datapath("multicast_ctrl.hit", unit.values * width);
    case UnitClass::pe_control:
      return t.datapath("pe_ctrl.run", kControlRowWidth);
    case UnitClass::chip_control:
      return chip_control(t);
    default:
      throw InternalError{
          fmt::format("a {} has no area in the tables", to_string(unit.unit_class))};
  }
}

}  // namespace

const LogicRow* logic_row(UnitClass unit_class) {
  const auto found = std::find_if(kLogicRows.begin(), kLogicRows.end(), [=](const LogicRow& row) {
    return row.unit_class == unit_class;
  });
  return found == kLogicRows.end() ? nullptr : &*found;
}

Lookup logic_at(const Technology& technology, const LogicRow& row, int bits, std::string_view op) {
  std::string name = row.name;
  if (!op.empty()) {
    name.replace(name.find('.') + 1, std::string::npos, op);
  }
  Lookup found = technology.datapath(name, std::max(row.narrowest, bits));
  if (bits < row.narrowest) {
    found.from.interpolated = true;
    found.from.add(fmt::format("{} bits priced as {}", bits, row.narrowest));
  }
  return found;
}

Lookup logic_of(const Technology& technology, const Unit& unit) {
  Lookup whole = logic_of_width(technology, unit, std::min(unit.width, kWidestTablePsum));
  if (unit.beyond_width == 0) {
    return whole;
  }
  Lookup extra = logic_of_width(technology, unit, std::min(unit.beyond_width, kWidestTablePsum));
  extra.figures = whole.figures - extra.figures;
  extra.from.include(whole.from);
  extra.from.add("the wide one less the narrow one");
  return extra;
}

bool is_memory(UnitClass unit_class) {
  return unit_class == UnitClass::sram || unit_class == UnitClass::spad_sram;
}

MemoryLookup memory_of(const Technology& technology, const Unit& unit, int bits) {
  return unit.unit_class == UnitClass::sram ? technology.sram({unit.bytes, unit.width, unit.banks})
                                            : technology.filter_spad({unit.depth, bits});
}

}  // namespace turnpike::cost
