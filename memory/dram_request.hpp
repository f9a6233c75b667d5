#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <optional>

#include "sim/base/action_count.hpp"
#include "sim/config/dram.hpp"

namespace turnpike::memory {

/// A count of DRAM clocks since the controller began; of link clocks for a link.
using DramClock = std::int64_t;
inline constexpr DramClock kNever = std::numeric_limits<DramClock>::max() / 4;

/// A contiguous transfer of any length, as a DMA engine makes it.
struct DramRequest {
  std::int64_t address = 0;  ///< bytes
  std::int64_t bytes = 0;    ///< at least 1
  bool write = false;
  Stream stream = Stream::low;
};

using DramRequestId = std::uint64_t;

/// A request whose last burst is done: its last data passed the bus at `at`.
struct DramCompletion {
  DramRequestId id = 0;
  DramClock at = 0;
  DramClock submitted = 0;
};

/// Rules of the controller that are not the device's.
struct DramPolicy {
  using Page = config::PagePolicy;
  Page page = Page::open;
  int read_queue = 32;   ///< bursts the scheduler sees at once, each channel
  int write_queue = 32;  ///< the same for writes
  int drain_above = 24;  ///< waiting writes that turn the bus to writing
  int drain_below = 8;   ///< waiting writes at which it turns back if reads wait
  /// A burst that waited longer than this goes before all others.
  DramClock starvation_clocks = 4096;
  bool refresh = true;
  /// Skip looking at bursts that cannot be next; off only to test that nothing else changes.
  bool shortcut = true;
  /// A rank no burst waits for closes its rows and powers down after so many clocks; never if
  /// empty.
  std::optional<DramClock> power_down_after = std::nullopt;
};

enum class DramCommand { activate, precharge, read, write, refresh, power_down, power_up };

/// What one channel did. Commands count each bank: closing all banks of a rank counts those open.
struct DramCounts {
  std::array<std::uint64_t, 2> activates{};  ///< by Stream of the burst that needed the row
  std::array<std::uint64_t, 2> reads{};      ///< bursts, by Stream
  std::array<std::uint64_t, 2> writes{};     ///< bursts, by Stream
  std::uint64_t precharges = 0;
  std::uint64_t refreshes = 0;
  std::uint64_t row_hits = 0;       ///< bursts that found their row open
  std::uint64_t row_misses = 0;     ///< bursts that opened a row of a closed bank
  std::uint64_t row_conflicts = 0;  ///< bursts that closed another row and opened theirs
  /// Rank-clocks by state; they add up to ranks x clocks.
  std::uint64_t clocks_precharged = 0;
  std::uint64_t clocks_active = 0;  ///< a bank open, or refreshing
  std::uint64_t clocks_powerdown = 0;

  DramCounts& operator+=(const DramCounts& other);
  friend bool operator==(const DramCounts&, const DramCounts&) = default;
};

/// Where a burst lies.
struct DramLocation {
  int channel = 0;
  int rank = 0;
  int group = 0;
  int bank = 0;  ///< in its group
  std::int64_t row = 0;
  std::int64_t column = 0;  ///< in bursts

  friend bool operator==(const DramLocation&, const DramLocation&) = default;
};

/// Is told what a controller is asked for and what it does. Requests come in order of submission;
/// commands of a channel in time order, but for the precharge of a closed page, which is told with
/// its column command and leaves later.
class DramObserver {
 public:
  virtual ~DramObserver() = default;
  /// A burst of a request submitted at `at`.
  virtual void burst(std::int64_t address, bool write, DramClock at) = 0;
  /// A command went to a device. bank, row and column hold for the commands that have them.
  virtual void command(DramCommand command, const DramLocation& where, DramClock at) = 0;

 protected:
  DramObserver() = default;
  DramObserver(const DramObserver&) = default;
  DramObserver& operator=(const DramObserver&) = default;
  DramObserver(DramObserver&&) = default;
  DramObserver& operator=(DramObserver&&) = default;
};

}  // namespace turnpike::memory
