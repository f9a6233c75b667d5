#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace turnpike {

/// What kind of hardware a unit is: it decides which table gives its prices, its area and its
/// leakage (sim/cost/estimators.*).
enum class UnitClass {
  mac,  ///< pipelined multiply-accumulate
  multiplier,
  adder,
  saturating_adder,
  comparator,   ///< the larger of two
  rectifier,    ///< ReLU
  requantizer,  ///< multiplies by a scale, rounds, clips
  shifter,      ///< a requantizer whose scale is a power of two
  lut,          ///< a function by pieces of lines, such as sigmoid and tanh
  register_file,
  fifo,
  spad_sram,  ///< a small macro inside a processing element
  sram,       ///< a buffer of lines in banks
  wire,       ///< a bus along a row or column, or between neighbours
  selector,   ///< compares the identifier on a bus with its own (multicast)
  encoder,    ///< run-length
  decoder,    ///< run-length
  pe_control,
  chip_control,
  flip_flops,  ///< the clock pins of a processing element
  leakage,     ///< of everything on the chip
  dram,
};
inline constexpr std::array<std::string_view, 22> kUnitClassNames = {
    "MAC",        "multiplier",    "adder",        "saturating adder",
    "comparator", "rectifier",     "requantizer",  "shifter",
    "LUT",        "register file", "FIFO",         "spad SRAM",
    "SRAM",       "wire",          "selector",     "encoder",
    "decoder",    "PE control",    "chip control", "flip-flops",
    "leakage",    "DRAM"};

[[nodiscard]] constexpr std::string_view to_string(UnitClass unit_class) {
  return kUnitClassNames.at(static_cast<std::size_t>(unit_class));
}

}  // namespace turnpike
