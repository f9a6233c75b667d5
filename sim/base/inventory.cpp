#include "sim/base/inventory.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "sim/base/error.hpp"

namespace turnpike {
namespace {

void demand(bool ok, const std::string& what, double value, const char* range) {
  if (!ok) {
    throw InputError{{"machine", 0, 0}, fmt::format("{} is {}, must be {}", what, value, range)};
  }
}

void demand_between(int low, int value, int high, const std::string& what) {
  demand(value >= low && value <= high, what, value, fmt::format("{} to {}", low, high).c_str());
}

bool has_depth(UnitClass unit_class) {
  return unit_class == UnitClass::register_file || unit_class == UnitClass::fifo ||
         unit_class == UnitClass::spad_sram;
}

/// Of what the unit has: a unit without copies takes no room, so it may lack a width.
void check(const Unit& unit) {
  const auto of = [&unit](const char* what) { return fmt::format("{} of '{}'", what, unit.name); };
  demand(unit.copies >= 0, of("copies"), unit.copies, "0 or more");
  demand(unit.taps >= 1, of("taps"), unit.taps, "at least 1");
  demand(!has_depth(unit.unit_class) || unit.depth >= 1, of("depth"), unit.depth, "at least 1");
  if (unit.unit_class == UnitClass::mac) {
    demand_between(1, unit.width, 16, of("activation width"));
    demand_between(1, unit.weight_width, 16, of("weight width"));
    demand_between(1, unit.result_width, 64, of("psum width"));
  }
  if (unit.unit_class == UnitClass::sram) {
    demand(unit.bytes >= 1, of("bytes"), static_cast<double>(unit.bytes), "at least 1");
    demand(unit.banks >= 1, of("banks"), unit.banks, "at least 1");
    demand(unit.width >= 1, of("line"), unit.width, "at least 1 bit");
  }
}

}  // namespace

std::vector<Component> Inventory::components() const {
  std::vector<Component> out;
  for (int row = 0; row < kComponents; ++row) {
    const Component component{row};
    if (std::any_of(units.begin(), units.end(),
                    [component](const Unit& unit) { return unit.component == component; })) {
      out.push_back(component);
    }
  }
  return out;
}

const Unit* Inventory::payer(UnitClass unit_class, Component component, Item item) const {
  const auto pays = [&](const Unit& unit) {
    return unit.unit_class == unit_class && unit.component == component &&
           (unit.serves.empty() ||
            std::find(unit.serves.begin(), unit.serves.end(), item) != unit.serves.end());
  };
  const auto found = std::find_if(units.begin(), units.end(), pays);
  return found == units.end() ? nullptr : &*found;
}

void check(const Inventory& inventory) {
  demand(inventory.pes >= 1, "number of processing elements", inventory.pes, "at least 1");
  demand(inventory.clock_mhz >= 1.0 && inventory.clock_mhz <= 10000.0, "clock_mhz",
         inventory.clock_mhz, "1 to 10000");
  // Outside this range V^2 is no longer how dynamic energy goes.
  demand(inventory.voltage >= 0.8 && inventory.voltage <= 1.2, "voltage", inventory.voltage,
         "0.8 to 1.2 V");
  for (const Unit& unit : inventory.units) {
    check(unit);
  }
}

}  // namespace turnpike
