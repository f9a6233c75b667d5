#pragma once

#include <cstdint>
#include <optional>

#include "sim/base/inventory.hpp"

namespace turnpike::cost {

/// Everything area and per-access prices depend on, in the machine's own widths (bytes and lines
/// scaled to them already).
struct MachineStructure {
  int rows = 12;
  int columns = 14;

  int weight_bits = 16;
  int activation_bits = 16;
  int psum_bits = 16;  ///< what a psum is priced at (psum.cost_bits), not what it computes
  bool midrise = false;

  int ifmap_spad_words = 12;
  int filter_spad_words = 224;
  int psum_spad_words = 24;

  int filter_values_per_clock = 4;
  int ifmap_values_per_clock = 1;
  int psum_in_values_per_clock = 4;
  int psum_out_values_per_clock = 4;
  int fifo_depth = 4;

  std::int64_t glb_bytes = 2097152;
  int glb_banks = 16;
  int glb_line_bits = 64;
  std::int64_t filter_buffer_bytes = 8192;
  int filter_buffer_line_bits = 64;

  int post_values_per_clock = 4;
  bool elementwise_unit = false;  ///< sigmoid, tanh and a multiplier per lane (LSTM, GRU)
  bool rlc = false;
  int highway_bits = 0;  ///< 0: no highway

  /// Narrow MACs that together make one of the first and last layer; 1: no such layers.
  int composed_slices = 1;
  /// First and last layer run on 16-bit PEs; their area is charged only if the policy says so.
  bool native16_layers = false;

  double clock_mhz = 250.0;
  double voltage = 1.0;
  std::optional<DramPrices> dram;  ///< needed to price DRAM actions

  [[nodiscard]] int pes() const { return rows * columns; }
  /// Width of the skip path: the highway's, never below the activations'.
  [[nodiscard]] int highway_width() const {
    return highway_bits > activation_bits ? highway_bits : activation_bits;
  }
  [[nodiscard]] bool has_highway() const { return highway_bits > activation_bits; }
};

/// InputError naming the field that makes no machine.
void check(const MachineStructure& machine);

/// The units of such a machine.
[[nodiscard]] Inventory inventory_of(const MachineStructure& machine);

}  // namespace turnpike::cost
