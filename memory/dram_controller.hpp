#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "memory/address_mapping.hpp"
#include "memory/dram_device.hpp"
#include "memory/dram_request.hpp"
#include "memory/dram_scheduler.hpp"

namespace turnpike::memory {

/// A memory controller with its channels and devices, event driven and in plain C++.
///
/// Timing: a request submitted at clock s is cut into bursts, seen by the scheduler from s + 1 (one
/// clock to queue and decode), in order of submission as far as the queues have room. A burst is
/// done when its last data passed the bus: CL + BL/2 after a read command, CWL + BL/2 after a
/// write. So an unloaded read takes CL + BL/2 + 1 clocks in an open row and RP + RCD + CL + BL/2 +
/// 1 where another row is open. A link moves a word a clock, reads in order of submission, then
/// writes: somebody waits for a read, nobody for a write. An ideal memory answers at s. Between
/// commands nothing is computed: refreshes and power-down of idle clocks are caught up with at the
/// next call, exactly as if each clock had been stepped.
class DramController {
 public:
  /// `channels` has passed check_channels(). `observer` may be null; it must outlive this.
  DramController(const DramDevice& device, int channels, const DramPolicy& policy,
                 DramObserver* observer = nullptr);

  [[nodiscard]] const DramDevice& device() const { return device_; }
  [[nodiscard]] int channels() const { return channels_; }
  /// Bytes of all channels; requests beyond are InternalErrors, so check layouts against it.
  [[nodiscard]] std::int64_t capacity_bytes() const;

  /// Queues a request at clock `at`, not before any clock this was advanced to or submitted at.
  DramRequestId submit(const DramRequest& request, DramClock at);

  /// No request completes before this clock unless another is submitted; empty if none is pending.
  /// A completion's own clock once that is certain, a lower bound until then.
  [[nodiscard]] std::optional<DramClock> next_event();

  /// Performs everything up to and including clock `to`; appends the requests done by then.
  void advance(DramClock to, std::vector<DramCompletion>& done);

  /// Runs until every request is done. Returns the clock of the last completion, or the clock this
  /// was advanced to if nothing was pending.
  DramClock finish(std::vector<DramCompletion>& done);

  [[nodiscard]] DramClock now() const { return now_; }
  /// Of all channels, as of now().
  [[nodiscard]] DramCounts counts() const;

 private:
  /// A request some burst of which is not done.
  struct Pending {
    DramRequestId id = 0;
    DramClock submitted = 0;
    DramClock data_end = 0;         ///< of the bursts issued so far
    std::int64_t next_address = 0;  ///< of the next burst to queue
    std::int64_t unqueued = 0;      ///< bursts
    std::int64_t unissued = 0;      ///< bursts, queued ones included
    bool write = false;
    Stream stream = Stream::low;
    std::uint32_t active_at = 0;  ///< place in active_
  };

  std::uint32_t open_pending();
  void refill(std::deque<std::uint32_t>& backlog, DramClock visible);
  void run(DramClock to);
  [[nodiscard]] std::size_t earliest_channel();
  [[nodiscard]] DramClock bound(const Pending& pending, DramClock next_command) const;
  void serve_at_once(std::uint32_t slot, DramClock at);
  void run_link(DramClock to);
  void complete(std::uint32_t slot);

  DramDevice device_;
  int channels_;
  DramObserver* observer_;
  std::optional<AddressMapping> mapping_;  ///< of a dram
  std::vector<DramScheduler> schedulers_;  ///< empty for links and ideal memories
  std::vector<Pending> pending_;
  std::vector<std::uint32_t> free_slots_;
  std::vector<std::uint32_t> active_;                  ///< slots with unissued bursts
  std::array<std::deque<std::uint32_t>, 2> backlogs_;  ///< reads, writes with unqueued bursts
  std::vector<DramCompletion> done_;                   ///< a heap, earliest first
  DramRequestId next_id_ = 1;
  DramClock now_ = 0;
  DramClock link_reads_end_ = 0;           ///< of a link: when the reads it was given are over
  DramClock link_at_ = 0;                  ///< to which it moved words of its writes
  std::deque<std::uint32_t> link_writes_;  ///< with words to move
  DramCounts plain_counts_;                ///< of links and ideal memories
};

}  // namespace turnpike::memory
