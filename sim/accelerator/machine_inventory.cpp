#include "sim/accelerator/machine_inventory.hpp"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "pe/array_kinds.hpp"
#include "sim/base/error.hpp"

namespace turnpike::accelerator {
namespace {

int narrow(std::int64_t value) {
  return static_cast<int>(value);
}

std::vector<Unit> buffer_units(const config::AcceleratorConfig& config, const MachineUse& use) {
  return {{.component = Component::glb,
           .name = "global buffer",
           .unit_class = UnitClass::sram,
           .width = config.line_bits(),
           .bytes = config.glb_bits() / 8,
           .banks = narrow(config.glb.banks)},
          // One macro; its double buffering is in time, not in ports.
          {.component = Component::glb_filter,
           .name = "filter buffer",
           .unit_class = UnitClass::sram,
           .width = config.glb.line_bits(use.widths.weight),
           .bytes = std::max<std::int64_t>(1, config.glb_filter_bits() / 8)}};
}

Unit lanes_of(const config::AcceleratorConfig& config, const char* name, UnitClass unit_class,
              int width, std::vector<Item> serves) {
  return Unit{.component = Component::post,
              .name = name,
              .unit_class = unit_class,
              .width = width,
              .copies = narrow(config.post.values_per_clock),
              .serves = std::move(serves)};
}

/// Width of the skip path: the highway's, never below the activations'.
int skip_width(const MachineUse& use) {
  return std::max(use.highway_bits, use.widths.activation);
}

/// The post-processing unit, lane by lane.
std::vector<Unit> post_units(const config::AcceleratorConfig& config, const MachineUse& use) {
  using U = UnitClass;
  const DatumWidths& widths = use.widths;
  const int wide = std::max(16, skip_width(use));
  Unit requantizers = lanes_of(config, "requantizers", U::requantizer, widths.psum, {"requant"});
  requantizers.result_width = widths.activation;
  Unit multipliers = lanes_of(config, "element-wise", U::multiplier, wide, {"mul"});
  Unit functions = lanes_of(config, "element-wise", U::lut, wide, {"sigmoid", "tanh"});
  if (!use.elementwise_unit) {
    multipliers.copies = functions.copies = 0;
  }
  // Average pooling accumulates at the psum's width, in the adders that are there.
  Unit pooling = lanes_of(config, "average pooling", U::adder, widths.psum, {"pool"});
  pooling.least_width = widths.psum;
  pooling.copies = 0;
  return {requantizers,
          lanes_of(config, "adders", U::saturating_adder, widths.activation, {"add"}),
          lanes_of(config, "relu", U::rectifier, widths.psum, {"relu"}),
          lanes_of(config, "max pooling", U::comparator, widths.activation, {"max"}),
          multipliers,
          functions,
          pooling};
}

/// The highway's wider adder, as far as it goes beyond the narrow one that is there anyway, and the
/// quantizer behind it. The narrowest adder has 8 bits.
std::vector<Unit> highway_units(const config::AcceleratorConfig& config, const MachineUse& use) {
  const int width = skip_width(use);
  const bool highway = width > use.widths.activation;
  Unit adders = lanes_of(config, "adders", UnitClass::saturating_adder, width, {"add"});
  adders.beyond_width = use.widths.activation;
  Unit quantizers = lanes_of(config, "quantizers", UnitClass::requantizer, width, {"quantize"});
  quantizers.result_width = use.widths.activation;
  adders.stream = quantizers.stream = Stream::highway;
  adders.copies = highway && width > 8 ? adders.copies : 0;
  quantizers.copies = highway ? quantizers.copies : 0;
  return {adders, quantizers};
}

std::vector<Unit> codec_units(const config::AcceleratorConfig& config, const MachineUse& use) {
  std::vector<Unit> units;
  for (const UnitClass unit_class : {UnitClass::encoder, UnitClass::decoder}) {
    Unit codec = lanes_of(config, "run-length codecs", unit_class, use.widths.activation, {});
    codec.component = Component::rlc;
    codec.network_data = true;
    codec.copies = config.rlc == config::RunLengthMode::off ? 0 : codec.copies;
    units.push_back(codec);
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

}  // namespace

Inventory machine_inventory(const config::AcceleratorConfig& config, const MachineUse& use) {
  if (use.highway_bits != 0 && (use.highway_bits < 4 || use.highway_bits > 32)) {
    throw InputError{
        {"machine", 0, 0},
        fmt::format("highway_bits is {}, must be 0 (off) or 4 to 32", use.highway_bits)};
  }
  const auto array = pe::make_array_model(config);
  Inventory out;
  for (const std::vector<Unit>& units :
       {array->parts(use.widths), buffer_units(config, use), post_units(config, use),
        highway_units(config, use), codec_units(config, use), chip_units()}) {
    out.units.insert(out.units.end(), units.begin(), units.end());
  }
  const std::vector<Unit> wide = array->parts(DatumWidths{});
  std::copy_if(wide.begin(), wide.end(), std::back_inserter(out.wide_pe),
               [](const Unit& unit) { return unit.in_pe; });
  out.pes = narrow(config.pes());
  out.operand_bits = std::max(use.widths.weight, use.widths.activation);
  out.wide_layers = config.layers.first_last == config::FirstLast::native16;
  out.clock_mhz = config.clock_mhz;
  out.voltage = config.technology.voltage;
  return out;
}

}  // namespace turnpike::accelerator
