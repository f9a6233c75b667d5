#include "sim/cost/inventory.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "sim/base/error.hpp"
#include "sim/cost/price_rules.hpp"

namespace turnpike::cost {
namespace {

/// Collects parts made of logic rows.
class Builder {
 public:
  Builder(const Technology& technology, double copies) : technology_{technology}, copies_{copies} {}

  /// Adds `copies` of a logic row to the part it belongs to; the same name merges.
  void logic(Component component, const std::string& name, const Lookup& row, double copies = 1.0,
             bool clocked = false, Stream stream = Stream::low) {
    Part& part = find(component, name, stream);
    const double n = copies_ * copies;
    part.area += technology_.logic_area(row.get(Figure::nand2)) * n;
    part.leakage += technology_.logic_leakage(row.get(Figure::leakage_nw)) * n;
    part.pe_flip_flops += clocked ? copies * row.get(Figure::flip_flops) : 0.0;
    part.from.include(row.from);
    part.from.add(fmt::format("{} x {:.2f} NAND2", n, row.get(Figure::nand2)));
  }

  void memory(Component component, const std::string& name, const MemoryLookup& row) {
    Part& part = find(component, name, Stream::low);
    part.area += SquareMicrometres{row.figures.area_mm2 * 1e6} * copies_;
    part.leakage += Milliwatts{row.figures.leakage_mw} * copies_;
    part.from.include(row.from);
    part.from.add(fmt::format("{} x {:.6g} mm2", copies_, row.figures.area_mm2));
  }

  /// InputError if the tables' rules give a part no area.
  [[nodiscard]] std::vector<Part> take() {
    for (const Part& part : parts_) {
      if (!(part.area.count() > 0.0) || !(part.leakage.count() > 0.0)) {
        throw InputError{{"technology " + technology_.name(), 0, 0},
                         fmt::format("no positive area or leakage for the part '{}'", part.name)};
      }
    }
    return std::move(parts_);
  }

 private:
  Part& find(Component component, const std::string& name, Stream stream) {
    for (Part& part : parts_) {
      if (part.component == component && part.name == name && part.stream == stream) {
        return part;
      }
    }
    parts_.push_back({component, name, stream, {}, {}, 0.0, {}});
    return parts_.back();
  }

  const Technology& technology_;
  double copies_;
  std::vector<Part> parts_;
};

int table_psum(const MachineStructure& m) {
  return std::min(m.psum_bits, kWidestTablePsum);
}

void add_post(Builder& build, const Technology& t, const MachineStructure& m) {
  const double lanes = m.post_values_per_clock;
  const int narrow_add = std::max(kNarrowestAdd, m.activation_bits);
  build.logic(Component::post, "requantizers", t.requant(table_psum(m), m.activation_bits), lanes);
  build.logic(Component::post, "adders", t.datapath("add_sat.add", narrow_add), lanes);
  build.logic(Component::post, "relu",
              t.datapath("relu.relu", std::max(kNarrowestRelu, table_psum(m))), lanes);
  build.logic(Component::post, "max pooling", t.datapath("max.max", m.activation_bits), lanes);
  if (m.elementwise_unit) {
    const int width = std::max(16, m.highway_width());
    build.logic(Component::post, "element-wise", t.datapath("mult.mul", width), lanes);
    build.logic(Component::post, "element-wise", t.datapath("pwl_sigmoid_tanh.tanh", width), lanes);
  }
  if (m.has_highway()) {
    // The wider adder, less the narrow one that is there anyway; and the quantizer behind it.
    const int wide_add = std::max(kNarrowestAdd, m.highway_width());
    if (wide_add > narrow_add) {
      const Lookup wide = t.datapath("add_sat.add", wide_add);
      Lookup extra = t.datapath("add_sat.add", narrow_add);
      extra.figures = wide.figures - extra.figures;
      extra.from.include(wide.from);
      extra.from.add("wide adder less the narrow one");
      build.logic(Component::post, "adders", extra, lanes, false, Stream::highway);
    }
    build.logic(Component::post, "quantizers", t.requant(m.highway_width(), m.activation_bits),
                lanes, false, Stream::highway);
  }
}

void add_row_controllers(Builder& build, const Technology& t, const MachineStructure& m) {
  for (const int bits :
       {m.filter_values_per_clock * m.weight_bits, m.ifmap_values_per_clock * m.activation_bits,
        m.psum_in_values_per_clock * table_psum(m)}) {
    build.logic(Component::noc, "row controllers", t.datapath("multicast_ctrl.hit", bits), m.rows);
  }
}

}  // namespace

std::vector<Part> pe_parts(const Technology& t, const MachineStructure& m) {
  Builder build{t, static_cast<double>(m.pes())};
  const int psum = table_psum(m);
  build.logic(Component::mac, "MAC",
              t.mac({m.activation_bits, m.weight_bits, m.psum_bits, m.midrise}), 1.0, true);
  if (m.composed_slices > 1) {
    build.logic(Component::mac, "shifter for composed layers",
                t.datapath("requant_shift.requant", psum));
  }
  build.logic(Component::ifmap_spad, "ifmap spad",
              t.register_file("read", {m.ifmap_spad_words, m.activation_bits}), 1.0, true);
  build.memory(Component::filter_spad, "filter spad",
               t.filter_spad({m.filter_spad_words, m.weight_bits}));
  build.logic(Component::psum_spad, "psum spad", t.register_file("read", {m.psum_spad_words, psum}),
              1.0, true);
  build.logic(Component::pe_control, "PE control", t.datapath("pe_ctrl.run", kControlRowWidth), 1.0,
              true);
  for (const int bits : {m.activation_bits, m.weight_bits}) {
    build.logic(Component::pe_fifo, "operand FIFOs", t.fifo({m.fifo_depth, bits}), 1.0, true);
  }
  build.logic(Component::pe_fifo, "psum FIFOs", t.fifo({m.fifo_depth, psum}), 2.0, true);
  for (const int bits : {m.activation_bits, m.weight_bits, psum}) {
    build.logic(Component::noc, "multicast controllers", t.datapath("multicast_ctrl.hit", bits));
  }
  return build.take();
}

std::vector<Part> chip_parts(const Technology& t, const MachineStructure& m) {
  Builder build{t, 1.0};
  add_row_controllers(build, t, m);
  build.memory(Component::glb, "global buffer",
               t.sram({m.glb_bytes, m.glb_line_bits, m.glb_banks}));
  build.memory(Component::glb_filter, "filter buffer",
               t.sram({m.filter_buffer_bytes, m.filter_buffer_line_bits, kFilterBufferBanks}));
  add_post(build, t, m);
  if (m.rlc) {
    for (const char* name : {"rlc_enc.encode", "rlc_dec.decode"}) {
      build.logic(Component::rlc, "run-length codecs", t.datapath(name, m.activation_bits),
                  m.post_values_per_clock);
    }
  }
  Lookup controller;
  controller.figures.at(Figure::nand2) = t.constant("controller_nand2").value;
  // Leakage of a gate as in the PE's control, which is of the same kind.
  const Figures control = t.datapath("pe_ctrl.run", kControlRowWidth).figures;
  controller.figures.at(Figure::leakage_nw) = control.at(Figure::leakage_nw) /
                                              control.at(Figure::nand2) *
                                              controller.figures.at(Figure::nand2);
  controller.from.add("technology.yaml: controller_nand2 (an estimate)");
  build.logic(Component::controller, "controller", controller);
  return build.take();
}

double pe_flip_flops(const std::vector<Part>& parts) {
  double sum = 0.0;
  for (const Part& part : parts) {
    sum += part.pe_flip_flops;
  }
  return sum;
}

MachineStructure as_16_bit(MachineStructure machine) {
  machine.weight_bits = machine.activation_bits = machine.psum_bits = 16;
  machine.midrise = false;
  machine.composed_slices = 1;
  return machine;
}

}  // namespace turnpike::cost
