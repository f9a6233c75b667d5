#include "pe/row_stationary/units.hpp"

#include <cstdint>
#include <utility>

namespace turnpike::pe::row_stationary {
namespace {

struct Array {
  const config::ArrayConfig& array;
  const config::SpadConfig& spads;
  const config::NocConfig& noc;
  const DatumWidths& widths;
};

int narrow(std::int64_t value) {
  return static_cast<int>(value);
}

/// What a processing element holds, and the networks around it.
std::vector<Unit> pe_units(const Array& a) {
  const Component noc = Component::noc;
  const auto selectors = [&a, noc](int width, std::vector<Item> serves) {
    return Unit{.component = noc,
                .name = "multicast controllers",
                .unit_class = UnitClass::selector,
                .width = width,
                .taps = narrow(a.array.columns),
                .in_pe = true,
                .serves = std::move(serves)};
  };
  const auto fifos = [&a](const char* name, int width, int copies, std::vector<Item> serves) {
    return Unit{.component = Component::pe_fifo,
                .name = name,
                .unit_class = UnitClass::fifo,
                .width = width,
                .depth = narrow(a.noc.fifo_depth),
                .copies = copies,
                .in_pe = true,
                .clocked = true,
                .serves = std::move(serves)};
  };
  return {
      {.component = Component::mac,
       .name = "MAC",
       .unit_class = UnitClass::mac,
       .width = a.widths.activation,
       .weight_width = a.widths.weight,
       .result_width = a.widths.psum,
       .midrise = a.widths.midrise,
       .in_pe = true,
       .clocked = true,
       .network_data = true},
      {.component = Component::mac,
       .name = "shifter for composed layers",
       .unit_class = UnitClass::shifter,
       .width = a.widths.psum,
       .copies = a.widths.slices > 1 ? 1 : 0,
       .in_pe = true},
      {.component = Component::ifmap_spad,
       .name = "ifmap spad",
       .unit_class = UnitClass::register_file,
       .width = a.widths.activation,
       .depth = narrow(a.spads.ifmap),
       .in_pe = true,
       .clocked = true,
       .network_data = true},
      {.component = Component::filter_spad,
       .name = "filter spad",
       .unit_class = UnitClass::spad_sram,
       .width = a.widths.weight,
       .depth = narrow(a.spads.filter),
       .in_pe = true},
      {.component = Component::psum_spad,
       .name = "psum spad",
       .unit_class = UnitClass::register_file,
       .width = a.widths.psum,
       .depth = narrow(a.spads.psum),
       .in_pe = true,
       .clocked = true},
      {.component = Component::pe_control,
       .name = "PE control",
       .unit_class = UnitClass::pe_control,
       .in_pe = true,
       .clocked = true},
      fifos("operand FIFOs", a.widths.activation, 1, {"ifmap"}),
      fifos("operand FIFOs", a.widths.weight, 1, {"filter"}),
      fifos("psum FIFOs", a.widths.psum, 2, {"psum_in", "psum_out"}),
      selectors(a.widths.activation, {"ifmap_x", "ifmap_hit"}),
      selectors(a.widths.weight, {"filter_x", "filter_hit"}),
      selectors(a.widths.psum, {"psum_in_x", "psum_in_hit"}),
      // A psum goes to the PE above through the adder and the FIFO that are counted there.
      {.component = Component::pe_link,
       .name = "psum adder",
       .unit_class = UnitClass::adder,
       .copies = 0,
       .in_pe = true},
      {.component = Component::pe_link,
       .name = "psum FIFO",
       .unit_class = UnitClass::fifo,
       .depth = narrow(a.noc.fifo_depth),
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
std::vector<Unit> bus_units(const Array& a) {
  const auto bus = [](const char* name, int pitches, std::vector<Item> serves) {
    return Unit{.component = Component::noc,
                .name = name,
                .unit_class = UnitClass::wire,
                .taps = pitches,
                .copies = 0,
                .serves = std::move(serves)};
  };
  const auto controllers = [&a](int values, int width, std::vector<Item> serves) {
    return Unit{.component = Component::noc,
                .name = "row controllers",
                .unit_class = UnitClass::selector,
                .width = width,
                .values = values,
                .taps = narrow(a.array.rows),
                .copies = narrow(a.array.rows),
                .serves = std::move(serves)};
  };
  return {
      controllers(narrow(a.noc.filter), a.widths.weight, {"filter_y"}),
      controllers(narrow(a.noc.ifmap), a.widths.activation, {"ifmap_y"}),
      controllers(narrow(a.noc.psum_in), a.widths.psum, {"psum_in_y"}),
      bus("vertical bus", narrow(a.array.rows), {"filter_y", "ifmap_y", "psum_in_y", "psum_out_y"}),
      bus("row bus", narrow(a.array.columns), {"filter_x", "ifmap_x", "psum_in_x", "psum_out_x"})};
}

}  // namespace

std::vector<Unit> units_of(const config::ArrayConfig& array, const config::SpadConfig& spads,
                           const config::NocConfig& noc, const DatumWidths& widths) {
  const Array all{array, spads, noc, widths};
  std::vector<Unit> units = pe_units(all);
  const std::vector<Unit> buses = bus_units(all);
  units.insert(units.end(), buses.begin(), buses.end());
  return units;
}

}  // namespace turnpike::pe::row_stationary
