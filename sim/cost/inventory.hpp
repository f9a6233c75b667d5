#pragma once

#include <string>
#include <vector>

#include "sim/base/action_count.hpp"
#include "sim/base/quantity.hpp"
#include "sim/cost/machine_structure.hpp"
#include "sim/cost/provenance.hpp"
#include "sim/cost/technology.hpp"

namespace turnpike::cost {

/// Copies of one thing the machine is built of.
struct Part {
  Component component = Component::mac;
  std::string name;
  Stream stream = Stream::low;
  SquareMicrometres area;      ///< all copies
  Milliwatts leakage;          ///< all copies
  double pe_flip_flops = 0.0;  ///< in one PE, as far as the clock rules count them
  Provenance from;
};

/// What every PE holds, times the PEs.
[[nodiscard]] std::vector<Part> pe_parts(const Technology& technology,
                                         const MachineStructure& machine);

/// What the chip holds besides the PEs.
[[nodiscard]] std::vector<Part> chip_parts(const Technology& technology,
                                           const MachineStructure& machine);

/// Flip-flops of a PE that are clocked every cycle unless gated: MAC pipeline, register-file spads,
/// FIFOs, control. (The multicast controllers' identifiers are written once a layer.)
[[nodiscard]] double pe_flip_flops(const std::vector<Part>& parts);

/// `machine` with 16-bit operands and 16-bit psums.
[[nodiscard]] MachineStructure as_16_bit(MachineStructure machine);

}  // namespace turnpike::cost
