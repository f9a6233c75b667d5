#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "pe/pass_probe.hpp"
#include "sim/accelerator/run_observer.hpp"
#include "sim/accelerator/vcd_file.hpp"

namespace turnpike::accelerator {

/// Clocks of a run, from its first one (0).
struct ClockWindow {
  std::uint64_t from = 0;  ///< inclusive
  std::uint64_t to = 0;    ///< exclusive
};

/// Reads "A:B", or "N" for 0:N. InputError naming --window if it is no such window.
[[nodiscard]] ClockWindow parse_window(const std::string& text);
/// Reads "ROW:COLUMN". InputError naming --vcd-pe if it is no such place.
[[nodiscard]] pe::PePosition parse_pe(const std::string& text);

/// Writes the signals of a window of clocks as a value change dump (docs/seeing.md lists them).
///
/// What control, memory and post-processing unit do is shown as the observer hears it. A pass that
/// overlaps the window is stepped once more, clock by clock, in an array of its own when it has
/// ended, so the run itself is not touched and memo and reference runs give the same file.
/// Registered semantics: what happens in clock k is shown from k to k + 1 periods, a FIFO's level
/// there is the one at the start of the clock.
class Waveform final : public RunObserver {
 public:
  /// FileError if the file cannot be written. `chosen`: the PE whose levels are shown.
  Waveform(const std::string& path, ClockWindow window, pe::PePosition chosen);

  void run_begins(const RunFacts& facts) override;
  void begins(const Activity& activity, Picoseconds at) override;
  void ends(const Activity& activity, Picoseconds at) override;
  void run_ends(Picoseconds at) override;

  /// Call at the end: FileError if something could not be written (a full disk).
  void close() { file_.close(); }
  /// Clocks of the run, once it ended.
  [[nodiscard]] std::uint64_t clocks() const { return clocks_; }

 private:
  void declare(const RunFacts& facts);
  void declare_array(const RunFacts& facts);
  void show_pass(const pe::PassKey& pass, Picoseconds from, Picoseconds to);
  void show_clock(const std::vector<std::uint64_t>& values, Picoseconds at);
  void mark(const Activity& activity, Picoseconds at, bool on);
  void flush(Picoseconds until);
  [[nodiscard]] Picoseconds edge(std::uint64_t clock) const { return period_ * clock; }

  VcdFile file_;
  ClockWindow window_;
  pe::PePosition chosen_;
  Picoseconds period_;
  std::uint64_t clocks_ = 0;
  std::uint64_t next_edge_ = 0;  ///< of the clock signal, in half periods
  std::array<Picoseconds, kTracks> began_{};
  bool in_pass_ = false;
  std::size_t clock_signal_ = 0, layer_signal_ = 0, pass_signal_ = 0, dram_busy_ = 0;
  std::array<std::size_t, kTracks> active_{};  ///< signal of each track
  int transfers_ = 0;                          ///< under way
  const pe::ArrayModel* array_ = nullptr;
  std::vector<std::size_t> array_signals_;  ///< in the order of ArrayModel::signals()
};

}  // namespace turnpike::accelerator
