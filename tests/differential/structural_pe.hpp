#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <systemc>
#include <vector>

namespace turnpike::differential {

/// Extents a PE works through; letters as in pe::row_stationary::PassShape, filters and channels of
/// its own set.
struct PeExtents {
  std::int32_t images = 1, F = 1, S = 1, V = 1, channels = 1, filters = 1;
  std::int32_t ifmap_spad = 1, psum_spad = 1;
  std::int32_t run_in_images = 0, run_in_F = 0;  ///< before the images of the pass
};

/// One PE of the structural array: sequencer, spads with valid entries, a multiplier pipeline of
/// real registers, and FIFO ports. Rules: docs/array.md, "A PE".
class StructuralPe : public sc_core::sc_module {
 public:
  SC_HAS_PROCESS(StructuralPe);
  StructuralPe(const sc_core::sc_module_name& name, const PeExtents& extents,
               const sc_core::sc_event& clock);

  sc_core::sc_fifo_in<std::int32_t> ifmap;
  sc_core::sc_fifo_in<std::int64_t> psum_below;
  sc_core::sc_fifo_out<std::int64_t> psum_above;

  /// Write port of the filter spad: a word of the filter network, appended.
  void load_filter(const std::vector<std::int32_t>& weights);
  /// The filters of the run-in are gone, those of the pass will come; counts begin.
  void begin_load();
  /// Images whose filters are there: no MAC of a later one is issued.
  void allow(std::int32_t images) { allowed_ = images; }
  /// Images of which all MACs are issued.
  [[nodiscard]] std::int32_t images_done() const { return image_; }

  /// All MACs done, spads and pipeline empty.
  [[nodiscard]] bool empty() const;

  struct Counts {
    std::uint64_t macs = 0, ifmap_reads = 0, ifmap_writes = 0, filter_writes = 0;
    std::uint64_t accumulations = 0;
  };
  [[nodiscard]] const Counts& counts() const { return counts_; }

 private:
  struct PsumEntry {
    bool taken = false, finished = false;
    std::int64_t value = 0;
  };
  struct Product {
    std::size_t entry = 0;
    std::int64_t value = 0;
    bool last = false;
  };

  void clock_edge();
  [[nodiscard]] bool can_issue() const;
  [[nodiscard]] bool can_accumulate() const;
  [[nodiscard]] std::optional<std::size_t> free_entry() const;
  void retire();
  void issue();
  void accumulate();
  void next_position();

  PeExtents x_;
  // Sequencer: the MAC to issue next.
  std::int32_t image_ = 0, column_ = 0, tap_ = 0, channel_ = 0, filter_ = 0;
  std::int32_t allowed_ = 0;
  std::uint64_t run_in_psums_ = 0;  ///< still to be accumulated
  std::size_t dropped_ = 0;  ///< values of the current window that left the ifmap spad
  std::int32_t held_value_ = 0;

  std::vector<std::int32_t> filter_spad_;  ///< [S][channels][filters]
  std::deque<std::int32_t> ifmap_spad_;    ///< oldest first
  std::vector<PsumEntry> psum_spad_;
  std::vector<std::size_t> entry_of_filter_;  ///< entries of the current column
  std::deque<std::size_t> oldest_entries_;    ///< taken entries, oldest first
  std::optional<Product> first_stage_, second_stage_;
  Counts counts_;
};

}  // namespace turnpike::differential
