#pragma once

#include <cstdint>
#include <vector>

#include "pe/array_pass.hpp"

namespace turnpike::pe::systolic {

/// Everything the timing of a pass depends on: `rows` ofmap pixels by `columns` filters, `depth`
/// products each; rates of the buses in values a clock, FIFOs in values, clocks before the buffer
/// gives its first value.
struct TileShape {
  std::int32_t rows = 1, columns = 1, depth = 1;
  std::int32_t ifmap_rate = 1, filter_rate = 4, psum_out_rate = 4;
  std::int32_t fifo_depth = 4;
  std::int32_t buffer_latency = 2;
  friend bool operator==(const TileShape&, const TileShape&) = default;
};

/// What one pass did.
struct TileCounters {
  std::uint64_t cycles = 0;
  std::uint64_t mac_slots = 0;  ///< a PE took a value and a weight into its registers
  std::uint64_t ifmap_words = 0, filter_words = 0, psum_words = 0;  ///< over the buses
  std::uint64_t ifmap_hops = 0, filter_hops = 0, psum_hops = 0;     ///< from PE to PE
  friend bool operator==(const TileCounters&, const TileCounters&) = default;
};

/// An output-stationary systolic array, cycle by cycle (rules: docs/systolic.md). Values of a pixel
/// enter its row at the left and go right, weights of a filter enter its column at the top and go
/// down, a PE a clock; PE (i, j) meets value k of both in step k + i + j and keeps the sum. All PEs
/// take a step together, in a clock in which every edge FIFO has the word that step needs. After
/// the last step the sums are shifted out at the bottom, a row a clock.
///
/// Registered semantics: what a FIFO holds, and the room it has, are those of the clock's start.
class SystolicCore {
 public:
  using Shape = TileShape;

  /// Prepares a pass. `operands` may be null: then timing and counts only (the same ones). ifmap:
  /// [rows][depth]; filter: [columns][depth]; psum: [rows][columns].
  void begin(const TileShape& shape, PassOperands* operands);
  /// Passes over the clocks of buffer latency; returns how many.
  std::uint64_t skip_load();
  /// One clock. Returns true once the last sum has left.
  bool step();
  void finish() {}  ///< nothing is left then
  [[nodiscard]] bool drained() const;
  [[nodiscard]] const TileCounters& counters() const { return counters_; }
  [[nodiscard]] PassResult result() const;
  /// Steps the PEs have taken, of steps().
  [[nodiscard]] std::int64_t front() const { return front_; }
  [[nodiscard]] std::int64_t steps() const;

 private:
  /// The FIFOs of an edge and the bus that fills them: in step s lane i needs value s - i.
  struct Edge {
    std::int32_t lanes = 1, rate = 1;
    std::vector<std::int32_t> held;  ///< by lane, at the clock's end
    std::int64_t step = 0;           ///< that the bus is delivering for
    std::int32_t lane = 0;           ///< whose value is next
  };
  void reset(Edge& edge, std::int32_t lanes, std::int32_t rate) const;
  [[nodiscard]] std::int32_t first_lane(std::int64_t step) const;
  [[nodiscard]] std::int32_t end_lane(const Edge& edge, std::int64_t step) const;
  [[nodiscard]] bool ready(const Edge& edge) const;
  void pop(Edge& edge) const;
  [[nodiscard]] std::uint64_t deliver(Edge& edge, std::int64_t popped_step) const;
  void take_step();
  void multiply(std::int32_t row, std::int32_t from, std::int32_t to);
  void shift_out();
  void step_psum_bus();

  TileShape shape_;
  PassOperands* operands_ = nullptr;
  TileCounters counters_;
  std::uint64_t clock_ = 0;
  Edge ifmap_, filter_;
  std::int64_t front_ = 0;         ///< steps taken
  std::int32_t rows_shifted_ = 0;  ///< out of the array
  std::vector<std::int32_t> out_held_;
  std::int64_t words_out_ = 0;
};

}  // namespace turnpike::pe::systolic
