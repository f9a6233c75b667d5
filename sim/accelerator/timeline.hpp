#pragma once

#include <array>
#include <cstdint>
#include <fstream>
#include <string>
#include <vector>

#include "sim/accelerator/run_observer.hpp"

namespace turnpike::accelerator {

enum class TimelineDetail {
  blocks,  ///< what follows one another without a stall, for one layer, is one event
  passes,  ///< every pass, transfer and tile is an event
};

/// Writes a run as Chrome trace events (JSON object format: "Trace Event Format", Google, 2016),
/// which ui.perfetto.dev and chrome://tracing open: complete events ("ph": "X") in simulated
/// microseconds, exact to the picosecond, on a track for each part of the machine.
///
/// A block ends where a layer ends, and at the first activity that begins after a stall of at least
/// a clock; its args give the number of its parts, their sums and the time they were at work.
class Timeline final : public RunObserver {
 public:
  /// FileError if the file cannot be written.
  Timeline(const std::string& path, TimelineDetail detail);

  void run_begins(const RunFacts& facts) override;
  void begins(const Activity& activity, Picoseconds at) override;
  void ends(const Activity& activity, Picoseconds at) override;
  void run_ends(Picoseconds at) override;

  /// Call at the end: FileError if something could not be written (a full disk).
  void close();

 private:
  /// Activities of one track that are written as one event; none if `parts` is 0.
  struct Block {
    Activity first;
    std::uint64_t parts = 0;
    Picoseconds begin, end, at_work;
    std::uint64_t low_bytes = 0, highway_bytes = 0, values = 0;
    std::uint64_t stalls = 0;  ///< seen before it began
    std::string shape;         ///< of a pass
  };

  void add(Block& block, const Activity& activity, Picoseconds end);
  void flush(Block& block);
  void name_tracks();
  [[nodiscard]] std::string args_of(const Block& block) const;
  void write_event(const std::string& text);

  std::string path_;
  TimelineDetail detail_;
  std::ofstream file_;
  bool first_event_ = true;
  RunFacts facts_;
  std::vector<std::string> layer_names_;  ///< as JSON strings
  std::array<Picoseconds, kTracks> began_{};
  std::array<std::uint64_t, kTracks> stalls_before_{};  ///< stalls_ when the activity began
  std::array<Block, kTracks> blocks_{};
  std::uint64_t stalls_ = 0;
};

}  // namespace turnpike::accelerator
