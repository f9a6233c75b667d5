#include "sim/cost/machine_structure.hpp"

#include <algorithm>
#include <utility>
#include <vector>

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

namespace {

/// What a processing element holds, and the networks around it.
std::vector<Unit> pe_units(const MachineStructure& m) {
  const Component noc = Component::noc;
  const auto selectors = [&m, noc](int width, std::vector<Item> serves) {
    return Unit{.component = noc,
                .name = "multicast controllers",
                .unit_class = UnitClass::selector,
                .width = width,
                .taps = m.columns,
                .in_pe = true,
                .serves = std::move(serves)};
  };
  const auto fifos = [&m](const char* name, int width, int copies, std::vector<Item> serves) {
    return Unit{.component = Component::pe_fifo,
                .name = name,
                .unit_class = UnitClass::fifo,
                .width = width,
                .depth = m.fifo_depth,
                .copies = copies,
                .in_pe = true,
                .clocked = true,
                .serves = std::move(serves)};
  };
  return {
      {.component = Component::mac,
       .name = "MAC",
       .unit_class = UnitClass::mac,
       .width = m.activation_bits,
       .weight_width = m.weight_bits,
       .result_width = m.psum_bits,
       .midrise = m.midrise,
       .in_pe = true,
       .clocked = true,
       .network_data = true},
      {.component = Component::mac,
       .name = "shifter for composed layers",
       .unit_class = UnitClass::shifter,
       .width = m.psum_bits,
       .copies = m.composed_slices > 1 ? 1 : 0,
       .in_pe = true},
      {.component = Component::ifmap_spad,
       .name = "ifmap spad",
       .unit_class = UnitClass::register_file,
       .width = m.activation_bits,
       .depth = m.ifmap_spad_words,
       .in_pe = true,
       .clocked = true,
       .network_data = true},
      {.component = Component::filter_spad,
       .name = "filter spad",
       .unit_class = UnitClass::spad_sram,
       .width = m.weight_bits,
       .depth = m.filter_spad_words,
       .in_pe = true},
      {.component = Component::psum_spad,
       .name = "psum spad",
       .unit_class = UnitClass::register_file,
       .width = m.psum_bits,
       .depth = m.psum_spad_words,
       .in_pe = true,
       .clocked = true},
      {.component = Component::pe_control,
       .name = "PE control",
       .unit_class = UnitClass::pe_control,
       .in_pe = true,
       .clocked = true},
      fifos("operand FIFOs", m.activation_bits, 1, {"ifmap"}),
      fifos("operand FIFOs", m.weight_bits, 1, {"filter"}),
      fifos("psum FIFOs", m.psum_bits, 2, {"psum_in", "psum_out"}),
      selectors(m.activation_bits, {"ifmap_x", "ifmap_hit"}),
      selectors(m.weight_bits, {"filter_x", "filter_hit"}),
      selectors(m.psum_bits, {"psum_in_x", "psum_in_hit"}),
      // A psum goes to the PE above through the adder and the FIFO that are counted there.
      {.component = Component::pe_link,
       .name = "psum adder",
       .unit_class = UnitClass::adder,
       .copies = 0,
       .in_pe = true},
      {.component = Component::pe_link,
       .name = "psum FIFO",
       .unit_class = UnitClass::fifo,
       .depth = m.fifo_depth,
       .copies = 0,
       .in_pe = true},
      {.component = Component::pe_link,
       .name = "wire to the PE above",
       .unit_class = UnitClass::wire,
       .copies = 0,
       .in_pe = true},
  };
}

/// Buses along the rows and columns of the array, and who listens at the ends of the vertical ones.
std::vector<Unit> bus_units(const MachineStructure& m) {
  const auto bus = [](const char* name, int pitches, std::vector<Item> serves) {
    return Unit{.component = Component::noc,
                .name = name,
                .unit_class = UnitClass::wire,
                .taps = pitches,
                .copies = 0,
                .serves = std::move(serves)};
  };
  const auto controllers = [&m](int values, int width, std::vector<Item> serves) {
    return Unit{.component = Component::noc,
                .name = "row controllers",
                .unit_class = UnitClass::selector,
                .width = width,
                .values = values,
                .taps = m.rows,
                .copies = m.rows,
                .serves = std::move(serves)};
  };
  return {controllers(m.filter_values_per_clock, m.weight_bits, {"filter_y"}),
          controllers(m.ifmap_values_per_clock, m.activation_bits, {"ifmap_y"}),
          controllers(m.psum_in_values_per_clock, m.psum_bits, {"psum_in_y"}),
          bus("vertical bus", m.rows, {"filter_y", "ifmap_y", "psum_in_y", "psum_out_y"}),
          bus("row bus", m.columns, {"filter_x", "ifmap_x", "psum_in_x", "psum_out_x"})};
}

std::vector<Unit> buffer_units(const MachineStructure& m) {
  return {{.component = Component::glb,
           .name = "global buffer",
           .unit_class = UnitClass::sram,
           .width = m.glb_line_bits,
           .bytes = m.glb_bytes,
           .banks = m.glb_banks},
          // One macro; its double buffering is in time, not in ports.
          {.component = Component::glb_filter,
           .name = "filter buffer",
           .unit_class = UnitClass::sram,
           .width = m.filter_buffer_line_bits,
           .bytes = m.filter_buffer_bytes}};
}

/// The post-processing unit, lane by lane, and the run-length coders beside it.
std::vector<Unit> post_units(const MachineStructure& m) {
  const int lanes = m.post_values_per_clock;
  const auto unit = [](const char* name, UnitClass unit_class, int width, int copies,
                       std::vector<Item> serves) {
    return Unit{.component = Component::post,
                .name = name,
                .unit_class = unit_class,
                .width = width,
                .copies = copies,
                .serves = std::move(serves)};
  };
  const int elementwise = m.elementwise_unit ? lanes : 0;
  const int elementwise_width = std::max(16, m.highway_width());
  std::vector<Unit> units = {
      unit("requantizers", UnitClass::requantizer, m.psum_bits, lanes, {"requant"}),
      unit("adders", UnitClass::saturating_adder, m.activation_bits, lanes, {"add"}),
      unit("relu", UnitClass::rectifier, m.psum_bits, lanes, {"relu"}),
      unit("max pooling", UnitClass::comparator, m.activation_bits, lanes, {"max"}),
      unit("element-wise", UnitClass::multiplier, elementwise_width, elementwise, {"mul"}),
      unit("element-wise", UnitClass::lut, elementwise_width, elementwise, {"sigmoid", "tanh"}),
      // Average pooling accumulates at the psum's width, on the requantizer's way in.
      unit("average pooling", UnitClass::adder, m.psum_bits, 0, {"pool"})};
  units[0].result_width = m.activation_bits;
  units.back().least_width = m.psum_bits;
  // The highway's wider adder, beyond the narrow one that is there anyway; and the quantizer
  // behind.
  Unit wide = unit("adders", UnitClass::saturating_adder, m.highway_width(),
                   m.has_highway() && m.highway_width() > 8 ? lanes : 0, {"add"});
  wide.beyond_width = m.activation_bits;
  Unit quantizers = unit("quantizers", UnitClass::requantizer, m.highway_width(),
                         m.has_highway() ? lanes : 0, {"quantize"});
  quantizers.result_width = m.activation_bits;
  wide.stream = quantizers.stream = Stream::highway;
  units.insert(units.end(), {wide, quantizers});
  for (const auto& [unit_class, copies] : {std::pair{UnitClass::encoder, m.rlc ? lanes : 0},
                                           {UnitClass::decoder, m.rlc ? lanes : 0}}) {
    units.push_back({.component = Component::rlc,
                     .name = "run-length codecs",
                     .unit_class = unit_class,
                     .width = m.activation_bits,
                     .copies = copies,
                     .network_data = true});
  }
  return units;
}

/// What goes with the whole chip or with time.
std::vector<Unit> chip_units() {
  return {
      {.component = Component::controller,
       .name = "controller",
       .unit_class = UnitClass::chip_control},
      {.component = Component::clock,
       .name = "flip-flops of the PEs",
       .unit_class = UnitClass::flip_flops,
       .copies = 0},
      {.component = Component::leakage,
       .name = "everything on the chip",
       .unit_class = UnitClass::leakage,
       .copies = 0},
      {.component = Component::dram, .name = "DRAM", .unit_class = UnitClass::dram, .copies = 0}};
}

/// `machine` with 16-bit operands and 16-bit psums.
MachineStructure as_16_bit(MachineStructure machine) {
  machine.weight_bits = machine.activation_bits = machine.psum_bits = 16;
  machine.midrise = false;
  machine.composed_slices = 1;
  return machine;
}

}  // namespace

Inventory inventory_of(const MachineStructure& machine) {
  check(machine);
  Inventory out;
  for (const std::vector<Unit>& units :
       {pe_units(machine), bus_units(machine), buffer_units(machine), post_units(machine),
        chip_units()}) {
    out.units.insert(out.units.end(), units.begin(), units.end());
  }
  out.wide_pe = pe_units(as_16_bit(machine));
  out.pes = machine.pes();
  out.operand_bits = std::max(machine.weight_bits, machine.activation_bits);
  out.wide_layers = machine.native16_layers;
  out.clock_mhz = machine.clock_mhz;
  out.voltage = machine.voltage;
  return out;
}

}  // namespace turnpike::cost
