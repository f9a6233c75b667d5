#include "sim/cost/parts.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "sim/base/error.hpp"
#include "sim/cost/class_tables.hpp"

namespace turnpike::cost {
namespace {

Part& part_of(const Unit& unit, std::vector<Part>& parts) {
  const auto found = std::find_if(parts.begin(), parts.end(), [&unit](const Part& part) {
    return part.component == unit.component && part.name == unit.name && part.stream == unit.stream;
  });
  return found != parts.end()
             ? *found
             : parts.emplace_back(Part{unit.component, unit.name, unit.stream, {}, {}, 0.0, {}});
}

void add_memory(const Technology& technology, const Unit& unit, double copies, Part& part) {
  const MemoryLookup row = memory_of(technology, unit, unit.width);
  part.area += SquareMicrometres{row.figures.area_mm2 * 1e6} * copies;
  part.leakage += Milliwatts{row.figures.leakage_mw} * copies;
  part.from.include(row.from);
  part.from.add(fmt::format("{} x {:.6g} mm2", copies, row.figures.area_mm2));
}

void add_logic(const Technology& technology, const Unit& unit, double copies, Part& part) {
  const Lookup row = logic_of(technology, unit);
  part.area += technology.logic_area(row.get(Figure::nand2)) * copies;
  part.leakage += technology.logic_leakage(row.get(Figure::leakage_nw)) * copies;
  part.pe_flip_flops +=
      unit.in_pe && unit.clocked ? unit.copies * row.get(Figure::flip_flops) : 0.0;
  part.from.include(row.from);
  part.from.add(fmt::format("{} x {:.2f} NAND2", copies, row.get(Figure::nand2)));
}

}  // namespace

std::vector<Part> parts_of(const Technology& technology, const std::vector<Unit>& units, int pes) {
  std::vector<Part> parts;
  for (const Unit& unit : units) {
    if (unit.copies == 0) {
      continue;
    }
    const double copies = static_cast<double>(unit.in_pe ? pes : 1) * unit.copies;
    const auto add = is_memory(unit.unit_class) ? add_memory : add_logic;
    add(technology, unit, copies, part_of(unit, parts));
  }
  for (const Part& part : parts) {
    if (!(part.area.count() > 0.0) || !(part.leakage.count() > 0.0)) {
      throw InputError{{"technology " + technology.name(), 0, 0},
                       fmt::format("no positive area or leakage for the part '{}'", part.name)};
    }
  }
  return parts;
}

double pe_flip_flops(const std::vector<Part>& parts) {
  double sum = 0.0;
  for (const Part& part : parts) {
    sum += part.pe_flip_flops;
  }
  return sum;
}

}  // namespace turnpike::cost
