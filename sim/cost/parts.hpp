#pragma once

#include <string>
#include <vector>

#include "sim/base/inventory.hpp"
#include "sim/base/quantity.hpp"
#include "sim/cost/provenance.hpp"
#include "sim/cost/technology.hpp"

namespace turnpike::cost {

/// Units of one component, name and stream, as far as they take room.
struct Part {
  Component component;
  std::string name;
  Stream stream = Stream::low;
  SquareMicrometres area;      ///< all copies
  Milliwatts leakage;          ///< all copies
  double pe_flip_flops = 0.0;  ///< in one PE, as far as the clock rules count them
  Provenance from;
};

/// What units take, those of a PE as often as there are PEs. InputError if the tables' rules give a
/// part no area.
[[nodiscard]] std::vector<Part> parts_of(const Technology& technology,
                                         const std::vector<Unit>& units, int pes);

/// Flip-flops of a PE that are clocked every cycle unless gated: MAC pipeline, register files,
/// FIFOs, control. (The selectors' identifiers are written once a layer.)
[[nodiscard]] double pe_flip_flops(const std::vector<Part>& parts);

}  // namespace turnpike::cost
