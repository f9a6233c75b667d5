#pragma once

#include <cstdint>
#include <vector>

#include "pe/row_stationary/pass_counters.hpp"
#include "pe/row_stationary/pass_shape.hpp"

namespace turnpike::pe::row_stationary {

/// The PE array with its networks, cycle by cycle: plain C++ with registered semantics (what a FIFO
/// holds is seen in the next clock). Models the Eyeriss array; rules and sources: docs/array.md.
///
/// Per clock each PE issues at most one MAC (zeros take their slot), moves at most one ifmap value
/// from its FIFO into its spad, and adds at most one finished psum to the one coming from below and
/// hands it up; the three overlap. A psum spad entry is taken at the first MAC of an ofmap column
/// and freed when the psum is handed up. During the filter load of a pass nothing else happens.
///
/// A pass that leads to another ends when all its MACs are issued; psums still in the array leave
/// during the next one, whose time they are part of. One that follows another finds them there: run
/// in by passes of its shape.
///
/// A PE is looked at only in clocks in which it may act: MACs that nothing can stop are issued as
/// one run, and whatever else a PE waits for (a push, a pop, the end of a run, a psum's pipeline)
/// sets the clock of its next visit. A visit in any other clock would change nothing.
class ArrayCore {
 public:
  using Shape = PassShape;

  /// Prepares a pass. `operands` may be null: then timing and counts only (the same ones).
  void begin(const PassShape& shape, PassOperands* operands, RunIn run_in = {});
  /// Passes over the clocks of filter load and buffer latency; returns how many. Optional, before
  /// the first step().
  std::uint64_t skip_load();
  /// One clock. Returns true once the pass is complete: the array drained, or, if it leads to
  /// another, ready for that one's filters.
  bool step();
  /// To be called after the last step(): lets the psums of a pass that leads to another leave,
  /// which costs it no clock.
  void finish();
  /// Final once finish() was called: of this pass alone. Before, what happened so far, with the
  /// psums of the pass it follows.
  [[nodiscard]] const PassCounters& counters() const { return counters_; }
  [[nodiscard]] PassResult result() const { return result_of(counters_); }
  /// Nothing is left in any FIFO, spad window or pipeline, and every bus has sent its last word.
  [[nodiscard]] bool drained() const;

 private:
  friend class ArrayProbe;  ///< reads the state between two clocks
  static constexpr std::uint64_t kNever = ~std::uint64_t{0};

  /// Ordered by use: the first cache line is all that a psum on its way up touches.
  struct alignas(64) Pe {
    std::uint64_t visit = 0;             ///< clock of the next visit, past or 0 if none is due
    std::uint64_t mac_clock = 0;         ///< first clock after the run of MACs issued last
    std::uint64_t ready_clock = kNever;  ///< from then on the oldest psum may be accumulated
    std::uint64_t psums_accumulated = 0;
    std::uint64_t psum_pop_clock = 0;     ///< clock of the last pop, to know the count before it
    std::int32_t psum_fifo = 0;           ///< psums from below (or from the network at the bottom)
    std::int32_t ifmap_fifo = 0;          ///< values it holds
    std::int32_t spad_room = 0;           ///< ifmap spad entries that are free
    std::int32_t above = -1, below = -1;  ///< indices of its neighbours, -1 at an end of the chain
    std::int32_t out_fifo = -1;           ///< index of the output FIFO, -1 below the top

    std::uint64_t ifmap_pop_clock = 0;
    std::uint64_t values_moved = 0;  ///< ifmap values that reached the spad
    std::uint64_t next_value = 0;    ///< index of the ifmap value of the next MAC
    std::uint64_t psums_started = 0, psums_finished = 0;
    std::int32_t index = 0;
    std::int32_t to_free = 0;  ///< ifmap values no MAC will read again once the run is over
    // The next MAC: image, ofmap column, tap, channel, filter.
    std::int32_t image = 0, column = 0;

    std::int32_t tap = 0, channel = 0, filter = 0;
    std::int32_t filters = 0, channels = 0;  ///< of its set
    bool macs_done = false;
    std::uint64_t column_psum = 0;  ///< index of the current column's first psum
    std::int32_t filter_set = 0, chain_row = 0, ofmap_row = 0;
  };
  struct OutFifo {
    std::int32_t held = 0;
    std::int32_t popped_now = 0;  ///< values taken in clock pop_clock
    std::uint64_t pop_clock = 0;
    std::uint64_t popped = 0;
  };
  /// One ifmap row of one channel set: the PEs on its diagonal.
  struct Diagonal {
    std::int32_t row = 0, channel_set = 0;
    std::vector<std::int32_t> pes;
    std::uint64_t row_buses = 0;
  };
  /// Walks psum words in the static order of the psum networks.
  struct PsumCursor {
    std::int32_t image = 0, column = 0, group = 0, chain_column = 0;
    std::size_t chain = 0;
    std::int32_t words = 0;  ///< of the group in turn
    bool done = false;
  };

  // Setting a pass up (array_core.cpp).
  void place_pes();
  void make_diagonals();
  void count_filter_load();
  void reset_data();
  void pass_before();

  // Passes of a chain (array_core.cpp). The run-in's are its images, the last one all others.
  void stream_clock();
  [[nodiscard]] bool hands_over() const;
  void go_over();
  [[nodiscard]] std::int32_t pass_of(std::int32_t image) const {
    return image < run_in_ ? image : run_in_;
  }
  [[nodiscard]] std::int32_t columns_of(std::int32_t image) const {
    return image < run_in_ ? run_in_columns_ : shape_.F;
  }

  // PEs (array_pes.cpp).
  void visit_pes();
  void visit(Pe& pe);
  void issue_macs(Pe& pe);
  void multiply(const Pe& pe, std::int32_t macs);
  void end_run(Pe& pe);
  void accumulate(Pe& pe);
  void move_value(Pe& pe);
  void plan_visit(Pe& pe);
  void visit_at(Pe& pe, std::uint64_t clock);
  [[nodiscard]] std::int32_t issuable_macs(const Pe& pe) const;
  [[nodiscard]] static bool can_move(const Pe& pe) { return pe.ifmap_fifo > 0 && pe.spad_room > 0; }
  void set_ready_clock(Pe& pe);
  void psum_arrives(Pe& pe, std::int32_t words);
  void room_above(Pe& pe);

  // Networks (array_networks.cpp).
  void step_psum_out();
  void step_psum_in();
  void step_ifmap();
  void next_diagonal();
  void settle_ifmap();
  void advance(PsumCursor& cursor, std::int32_t rate) const;
  void settle(PsumCursor& cursor, std::int32_t rate) const;
  [[nodiscard]] std::size_t psum_index(const PsumCursor& cursor, std::int32_t rate,
                                       std::int32_t ofmap_row) const;
  [[nodiscard]] std::int64_t ifmap_value(std::int32_t channel, std::int32_t row) const;

  /// What a FIFO held at the start of the clock; its consumer always acts before its producer.
  [[nodiscard]] std::int32_t before(std::int32_t held, std::uint64_t pop_clock) const {
    return held + (pop_clock == clock_ ? 1 : 0);
  }
  /// Place of a PE's (an output FIFO's) entry with this sequence number in a ring.
  [[nodiscard]] std::size_t slot(std::int32_t owner, std::uint64_t sequence) const {
    return static_cast<std::size_t>(owner) * ring_size_ + (sequence & (ring_size_ - 1));
  }

  PassShape shape_;
  PassOperands* operands_ = nullptr;
  PassCounters counters_;
  std::uint64_t clock_ = 0;        ///< clocks in which the array streamed
  std::uint64_t idle_clocks_ = 0;  ///< of filter load and buffer latency still to pass

  // Chains of passes.
  std::int32_t run_in_ = 0, run_in_columns_ = 0;  ///< images and their columns
  std::int32_t images_ = 1;                       ///< with the run-in's
  std::int32_t pass_ = 0;                         ///< whose filters the array has
  std::size_t pes_done_ = 0;                      ///< that issued their last MAC of it ...
  std::uint64_t macs_end_ = 0;                    ///< ... all before this clock
  PassCounters inherited_;                        ///< psums of the pass before, left to leave

  std::vector<Chain> chains_;
  std::vector<std::vector<std::int32_t>> chain_pes_;  ///< [chain][chain_row * width + column]
  std::vector<Pe> pes_;
  std::vector<OutFifo> out_fifos_;
  std::vector<Diagonal> diagonals_;

  /// PEs due in the coming kHorizon clocks: [clock % kHorizon][mask word], a bit a PE.
  static constexpr std::uint64_t kHorizon = 64;
  std::vector<std::uint64_t> due_;
  std::size_t mask_words_ = 0;

  // ifmap network: the group in turn.
  std::int32_t ifmap_image_ = 0, ifmap_column_ = 0, ifmap_channel_ = 0, ifmap_values_ = 0;
  std::size_t ifmap_diagonal_ = 0;
  std::size_t ifmap_blocker_ = 0;  ///< target that had no room last: asked first
  bool ifmap_done_ = false;
  PsumCursor psum_in_, psum_out_;

  // Rings of `ring_size_` (a power of 2) entries a PE (an output FIFO), see slot().
  std::uint64_t ring_size_ = 1;
  std::vector<std::uint64_t> finish_clock_;  ///< clock the last MAC of a psum is issued
  // Data, with operands only:
  std::vector<std::int32_t> weights_;         ///< [filter set][chain row][S][q][p]
  std::vector<std::int64_t> psum_ring_;       ///< psums in the spad
  std::vector<std::int64_t> psum_fifo_ring_;  ///< psums from below
  std::vector<std::int64_t> ifmap_fifo_ring_;
  std::vector<std::int64_t> ifmap_spad_ring_;
  std::vector<std::int64_t> out_fifo_ring_;
};

}  // namespace turnpike::pe::row_stationary
