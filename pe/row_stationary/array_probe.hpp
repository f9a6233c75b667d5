#pragma once

#include <cstdint>
#include <vector>

#include "pe/pass_probe.hpp"
#include "pe/row_stationary/array_core.hpp"

namespace turnpike::pe::row_stationary {

/// One PE in one clock: levels are those its units see, that is at the start of the clock.
struct PeClock {
  bool used = false;  ///< the pass uses this PE; all else is 0 otherwise
  bool multiplying = false, waits_for_ifmap = false, waits_for_psum_spad = false;
  std::int32_t ifmap_fifo = 0, psum_fifo = 0;  ///< values in the FIFOs
  std::int32_t ifmap_spad = 0, psum_spad = 0;  ///< entries taken
  friend bool operator==(const PeClock&, const PeClock&) = default;
};

/// What the array does in one clock of a pass.
struct ArrayClock {
  bool filter_load = false;
  /// Values on the vertical bus of each network.
  std::uint64_t filter_words = 0, ifmap_words = 0, psum_in_words = 0, psum_out_words = 0;
  /// PEs that issue a MAC; that could not, for want of an ifmap value or of a psum spad entry; a PE
  /// that has issued its last MAC is none of them.
  std::int32_t multiplying = 0, waiting_for_ifmap = 0, waiting_for_psum_spad = 0;
  /// PEs that hand a psum up; that have one finished and wait for the one from below.
  std::int32_t accumulating = 0, waiting_for_psum = 0;
  std::vector<std::int32_t> column_multiplying;  ///< [array column]
  PeClock chosen;
};

/// The signals of ArrayProbe::values() on an array of so many columns.
[[nodiscard]] std::vector<ProbeSignal> probe_signals(std::int32_t columns, PePosition chosen);

/// Steps a pass clock by clock and tells what happens in each: an ArrayCore of its own, without
/// data, looked at before and after its step. Timing depends on the shape only, so this is what
/// the array of the machine does, whether that pass was stepped or replayed from the memo.
class ArrayProbe final : public PassProbe {
 public:
  ArrayProbe(const PassShape& shape, PePosition chosen);

  /// One clock. Returns true with the last one of the pass.
  bool step() override;
  [[nodiscard]] std::vector<std::uint64_t> values() const override;
  /// Of the last step().
  [[nodiscard]] const ArrayClock& clock() const { return now_; }
  [[nodiscard]] const PassCounters& counters() const { return core_.counters(); }

 private:
  void place(PePosition chosen);
  void list_filter_streams();
  [[nodiscard]] std::uint64_t next_filter_words();
  void look_before();
  void look_after();
  void look_at_chosen();

  ArrayCore core_;
  PassShape shape_;
  ArrayClock now_;
  std::uint64_t steps_ = 0;  ///< clocks of the pass
  std::uint64_t clock_ = 0;  ///< the one looked at, as the core counts them
  std::vector<std::int32_t> column_of_;  ///< [PE] array column
  std::int32_t chosen_ = -1;             ///< index of the chosen PE, -1 if the pass does not use it
  std::vector<std::uint8_t> starved_;    ///< [PE] no ifmap value at the start of the clock
  std::vector<std::uint8_t> finished_;   ///< [PE] has issued its last MAC before the clock
  PassCounters before_;
  std::vector<std::uint64_t> filter_streams_;  ///< weights left of each, in order
  std::size_t filter_stream_ = 0;
  std::uint64_t chosen_started_ = 0;      ///< psums it had opened before the clock
  std::uint64_t chosen_opens_until_ = 0;  ///< first clock after the run of MACs that opens psums
};

}  // namespace turnpike::pe::row_stationary
