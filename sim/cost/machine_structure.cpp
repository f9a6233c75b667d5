#include "sim/cost/machine_structure.hpp"

#include <fmt/format.h>

#include "sim/base/error.hpp"

namespace turnpike::cost {
namespace {

void demand(bool ok, const char* field, double value, const char* range) {
  if (!ok) {
    throw InputError{{"machine structure", 0, 0},
                     fmt::format("{} is {}, must be {}", field, value, range)};
  }
}

void at_least_one(int value, const char* field) {
  demand(value >= 1, field, value, "at least 1");
}

void check_widths(const MachineStructure& m) {
  demand(m.weight_bits >= 1 && m.weight_bits <= 16, "weight_bits", m.weight_bits, "1 to 16");
  demand(m.activation_bits >= 1 && m.activation_bits <= 16, "activation_bits", m.activation_bits,
         "1 to 16");
  demand(m.psum_bits >= 1 && m.psum_bits <= 64, "psum_bits", m.psum_bits, "1 to 64");
  demand(m.highway_bits == 0 || (m.highway_bits >= 4 && m.highway_bits <= 32), "highway_bits",
         m.highway_bits, "0 (off) or 4 to 32");
}

}  // namespace

void check(const MachineStructure& m) {
  check_widths(m);
  at_least_one(m.rows, "rows");
  at_least_one(m.columns, "columns");
  at_least_one(m.ifmap_spad_words, "ifmap_spad_words");
  at_least_one(m.filter_spad_words, "filter_spad_words");
  at_least_one(m.psum_spad_words, "psum_spad_words");
  at_least_one(m.filter_values_per_clock, "filter_values_per_clock");
  at_least_one(m.ifmap_values_per_clock, "ifmap_values_per_clock");
  at_least_one(m.psum_in_values_per_clock, "psum_in_values_per_clock");
  at_least_one(m.psum_out_values_per_clock, "psum_out_values_per_clock");
  at_least_one(m.glb_banks, "glb_banks");
  at_least_one(m.glb_line_bits, "glb_line_bits");
  at_least_one(m.filter_buffer_line_bits, "filter_buffer_line_bits");
  at_least_one(m.post_values_per_clock, "post_values_per_clock");
  at_least_one(m.composed_slices, "composed_slices");
  demand(m.glb_bytes >= 1, "glb_bytes", static_cast<double>(m.glb_bytes), "at least 1");
  demand(m.filter_buffer_bytes >= 1, "filter_buffer_bytes",
         static_cast<double>(m.filter_buffer_bytes), "at least 1");
  demand(m.clock_mhz >= 1.0 && m.clock_mhz <= 10000.0, "clock_mhz", m.clock_mhz, "1 to 10000");
  // Outside this range V^2 is no longer how dynamic energy goes.
  demand(m.voltage >= 0.8 && m.voltage <= 1.2, "voltage", m.voltage, "0.8 to 1.2 V");
}

}  // namespace turnpike::cost
