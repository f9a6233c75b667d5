#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "memory/dram_device.hpp"
#include "memory/dram_request.hpp"

namespace turnpike::memory {

/// `earliest` is not before `at`.
inline void raise(DramClock& earliest, DramClock at) {
  earliest = std::max(earliest, at);
}

/// The command scheduler of one DRAM channel: which command goes to which bank, and when.
///
/// Timing: one command a clock; each leaves at the first clock that every rule of the device
/// allows. The scheduler works on a bounded queue of bursts, one for reads and one for writes,
/// first ready first served: of all commands the queued bursts need next, the one that may leave
/// earliest; of those that may leave together a column command first, then the oldest burst. A row
/// is closed only when no queued burst of the same direction wants it. Reads go first; writes are
/// drained when no read waits, when more than drain_above wait, or when one waited too long, down
/// to drain_below. Refresh: when due, the rank takes no new bursts, closes its banks and refreshes
/// them all.
///
/// The decisions depend on the state alone, never on how often the scheduler was asked: next() has
/// no effect, and execute() performs what next() said.
/// Source: JESD79-3, JESD79-4 and JESD209-3 for the rules between commands; FR-FCFS: Rixner et al.,
/// ISCA 2000.
class DramScheduler {
 public:
  /// A burst in the queue.
  struct Burst {
    DramLocation where;
    DramClock visible = 0;      ///< first clock the scheduler sees it
    std::uint32_t request = 0;  ///< the controller's own
    Stream stream = Stream::low;
    bool missed = false;
    bool conflicted = false;
    int bank = 0;  ///< index over the ranks and groups of the channel; set by push()
  };
  /// The data of a burst that was given its column command.
  struct Issued {
    std::uint32_t request = 0;
    DramClock data_end = 0;
  };

  DramScheduler(const DramDevice& device, const DramPolicy& policy, DramObserver* observer,
                int channel);

  [[nodiscard]] bool has_room(bool write) const {
    return queue(write).size() < limits_[write ? 1 : 0];
  }
  [[nodiscard]] bool empty() const { return queues_[0].empty() && queues_[1].empty(); }
  void push(Burst burst, bool write);

  /// Clock of the next command; kNever if none is due ever.
  [[nodiscard]] DramClock next();
  /// Performs the command next() spoke of. True, and `issued` set, if it moved a burst.
  bool execute(Issued& issued);

  /// Counts as of clock `now`, not before the last command executed.
  [[nodiscard]] DramCounts counts(DramClock now) const;

 private:
  enum class State { precharged, active, powered_down };

  struct Bank {
    std::int64_t row = kClosed;
    DramClock activate_ok = 0;
    DramClock precharge_ok = 0;
    DramClock column_ok = 0;
    std::array<int, 2> hits{};  ///< queued reads, writes of the open row
  };
  struct Group {
    DramClock activate_ok = 0;
    std::array<DramClock, 2> column_ok{};  ///< read, write
  };
  struct Rank {
    DramClock activate_ok = 0;
    std::array<DramClock, 2> column_ok{};
    std::array<DramClock, 4> activates{};  ///< the last four, a ring
    std::size_t oldest_activate = 0;
    DramClock refresh_due = kNever;
    DramClock used = 0;  ///< last activate or column command
    int waiting = 0;     ///< queued bursts
    int open_banks = 0;
    DramClock closed = 0;  ///< latest precharge
    State state = State::precharged;
    DramClock state_since = 0;
  };
  struct Decision {
    DramClock at = kNever;
    DramCommand command = DramCommand::refresh;
    int urgency = 0;  ///< smaller goes first at the same clock
    int burst = -1;   ///< index in the queue, for commands a burst needs
    int rank = 0;
    bool write = false;
  };

  static constexpr std::int64_t kClosed = -1;

  [[nodiscard]] const std::vector<Burst>& queue(bool write) const { return queues_[write ? 1 : 0]; }
  [[nodiscard]] bool draining() const;
  [[nodiscard]] Decision decide() const;
  void consider(const Decision& candidate, Decision& best) const;
  void consider_burst(int index, bool write, bool alone, Decision& best) const;
  void consider_rank(int index, Decision& best) const;
  [[nodiscard]] DramClock all_closed_ok(int rank) const;
  [[nodiscard]] DramClock all_activate_ok(int rank) const;

  void activate(Burst& burst, DramClock at);
  void precharge(int bank, int rank, DramClock at);
  void precharge_rank(int rank, DramClock at);
  void column(const Burst& burst, bool write, DramClock at);
  void limit_columns(const Burst& burst, bool write, DramClock at);
  void refresh(int rank, DramClock at);
  void power_down(int rank, DramClock at);
  void power_up(int rank, DramClock at);
  void remove(int index, bool write);
  void enter(Rank& rank, State state, DramClock at);
  static void settle(DramCounts& counts, const Rank& rank, DramClock at);
  static void credit(DramCounts& counts, State state, DramClock clocks);
  void tell(DramCommand command, DramLocation where, DramClock at);

  DramTiming timing_;
  DramPolicy policy_;
  DramObserver* observer_;
  int channel_;
  int banks_per_rank_;
  int banks_per_group_;
  int groups_;
  DramClock data_clocks_;  ///< of a burst on the data bus
  std::array<std::size_t, 2> limits_;
  std::vector<Bank> banks_;
  std::vector<Group> groups_state_;
  std::vector<Rank> ranks_;
  std::array<std::vector<Burst>, 2> queues_;  ///< reads, writes; oldest first
  bool draining_ = false;                     ///< as of the last command
  DramClock last_command_ = -1;
  bool decided_ = false;
  Decision next_;
  DramCounts counts_;
};

}  // namespace turnpike::memory
