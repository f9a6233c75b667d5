#include "memory/dram_controller.hpp"

#include <algorithm>

#include "sim/base/error.hpp"

namespace turnpike::memory {
namespace {

/// Beyond so many requests at once next_event() gives a looser bound rather than look at each.
constexpr std::size_t kMostBounded = 64;

/// Heap order: the earliest completion on top, the older request first at the same clock.
bool later(const DramCompletion& a, const DramCompletion& b) {
  return a.at != b.at ? a.at > b.at : a.id > b.id;
}

}  // namespace

DramCounts& DramCounts::operator+=(const DramCounts& other) {
  for (std::size_t stream = 0; stream < 2; ++stream) {
    activates[stream] += other.activates[stream];
    reads[stream] += other.reads[stream];
    writes[stream] += other.writes[stream];
  }
  precharges += other.precharges;
  refreshes += other.refreshes;
  row_hits += other.row_hits;
  row_misses += other.row_misses;
  row_conflicts += other.row_conflicts;
  clocks_precharged += other.clocks_precharged;
  clocks_active += other.clocks_active;
  clocks_powerdown += other.clocks_powerdown;
  return *this;
}

DramController::DramController(const DramDevice& device, int channels, const DramPolicy& policy,
                               DramObserver* observer)
    : device_{device}, channels_{channels}, observer_{observer} {
  check_channels(device, channels, {"DRAM controller", 0, 0});
  if (device_.kind == DramKind::dram) {
    mapping_.emplace(device_, channels);
    for (int channel = 0; channel < channels; ++channel) {
      schedulers_.emplace_back(device_, policy, observer, channel);
    }
  }
}

std::int64_t DramController::capacity_bytes() const {
  return mapping_ ? mapping_->capacity_bytes() : device_.capacity_bytes();
}

std::uint32_t DramController::open_pending() {
  if (free_slots_.empty()) {
    pending_.emplace_back();
    return static_cast<std::uint32_t>(pending_.size() - 1);
  }
  const std::uint32_t slot = free_slots_.back();
  free_slots_.pop_back();
  pending_[slot] = {};
  return slot;
}

DramRequestId DramController::submit(const DramRequest& request, DramClock at) {
  ensure(request.bytes > 0 && request.address >= 0 &&
             request.bytes <= capacity_bytes() - request.address,
         "a DRAM transfer lies inside the memory");
  ensure(at >= now_, "DRAM requests are submitted in time order");
  run(at);
  const std::int64_t unit = device_.burst_bytes();
  const std::int64_t first = request.address / unit;
  const std::int64_t bursts = (request.address + request.bytes - 1) / unit - first + 1;
  for (std::int64_t i = 0; observer_ != nullptr && i < bursts; ++i) {
    observer_->burst((first + i) * unit, request.write, at);
  }
  const std::uint32_t slot = open_pending();
  Pending& pending = pending_[slot];
  pending.id = next_id_++;
  pending.submitted = at;
  pending.next_address = first * unit;
  pending.unqueued = bursts;
  pending.unissued = bursts;
  pending.write = request.write;
  pending.stream = request.stream;
  pending.active_at = static_cast<std::uint32_t>(active_.size());
  active_.push_back(slot);
  const DramRequestId id = pending.id;
  if (schedulers_.empty()) {
    serve_at_once(slot, at);
  } else {
    backlogs_[request.write ? 1 : 0].push_back(slot);
    refill(backlogs_[request.write ? 1 : 0], at + 1);
  }
  return id;
}

void DramController::serve_at_once(std::uint32_t slot, DramClock at) {
  Pending& pending = pending_[slot];
  auto& moved = pending.write ? plain_counts_.writes : plain_counts_.reads;
  moved[static_cast<std::size_t>(pending.stream)] += static_cast<std::uint64_t>(pending.unissued);
  pending.data_end = at;
  if (device_.kind == DramKind::link) {
    if (pending.write) {
      link_writes_.push_back(slot);
      return;
    }
    link_reads_end_ = std::max(link_reads_end_, at) + pending.unissued;
    pending.data_end = link_reads_end_;
  }
  complete(slot);
}

/// Moves the words of writes in the clocks that reads leave.
void DramController::run_link(DramClock to) {
  link_at_ = std::max(link_at_, std::min(link_reads_end_, to));
  while (link_at_ < to && !link_writes_.empty()) {
    const std::uint32_t slot = link_writes_.front();
    Pending& pending = pending_[slot];
    const std::int64_t words = std::min(to - link_at_, pending.unissued);
    link_at_ += words;
    pending.unissued -= words;
    if (pending.unissued == 0) {
      pending.data_end = link_at_;
      link_writes_.pop_front();
      complete(slot);
    }
  }
  link_at_ = to;
}

void DramController::complete(std::uint32_t slot) {
  const Pending& pending = pending_[slot];
  done_.push_back({.id = pending.id, .at = pending.data_end, .submitted = pending.submitted});
  std::push_heap(done_.begin(), done_.end(), later);
  const std::uint32_t last = active_.back();
  active_[pending.active_at] = last;
  pending_[last].active_at = pending.active_at;
  active_.pop_back();
  free_slots_.push_back(slot);
}

void DramController::refill(std::deque<std::uint32_t>& backlog, DramClock visible) {
  while (!backlog.empty()) {
    const std::uint32_t slot = backlog.front();
    Pending& pending = pending_[slot];
    const DramLocation where = mapping_->locate(pending.next_address);
    DramScheduler& scheduler = schedulers_[static_cast<std::size_t>(where.channel)];
    if (!scheduler.has_room(pending.write)) {
      return;
    }
    scheduler.push({.where = where, .visible = visible, .request = slot, .stream = pending.stream},
                   pending.write);
    pending.next_address += device_.organisation.burst_bytes();
    if (--pending.unqueued == 0) {
      backlog.pop_front();
    }
  }
}

std::size_t DramController::earliest_channel() {
  std::size_t earliest = 0;
  for (std::size_t c = 1; c < schedulers_.size(); ++c) {
    if (schedulers_[c].next() < schedulers_[earliest].next()) {
      earliest = c;
    }
  }
  return earliest;
}

void DramController::run(DramClock to) {
  now_ = std::max(now_, to);
  if (schedulers_.empty()) {
    run_link(now_);
    return;
  }
  for (;;) {
    DramScheduler& scheduler = schedulers_[earliest_channel()];
    const DramClock at = scheduler.next();
    if (at > to) {
      return;
    }
    DramScheduler::Issued issued;
    if (!scheduler.execute(issued)) {
      continue;
    }
    Pending& pending = pending_[issued.request];
    pending.data_end = std::max(pending.data_end, issued.data_end);
    auto& backlog = backlogs_[pending.write ? 1 : 0];
    if (--pending.unissued == 0) {
      complete(issued.request);
    }
    refill(backlog, at + 1);
  }
}

DramClock DramController::bound(const Pending& pending, DramClock next_command) const {
  const DramTiming& t = device_.timing;
  const std::int64_t data = device_.organisation.burst_length / 2;
  const std::int64_t on_busiest = (pending.unissued + channels_ - 1) / channels_;
  const DramClock last_column =
      next_command + (on_busiest - 1) * std::max<std::int64_t>(t.CCD_S, data);
  return std::max(pending.data_end, last_column + (pending.write ? t.CWL : t.CL) + data);
}

std::optional<DramClock> DramController::next_event() {
  DramClock earliest = done_.empty() ? kNever : done_.front().at;
  if (!link_writes_.empty()) {
    earliest = std::min(
        earliest, std::max(link_at_, link_reads_end_) + pending_[link_writes_.front()].unissued);
  } else if (!active_.empty()) {
    const DramClock next_command = schedulers_[earliest_channel()].next();
    if (active_.size() <= kMostBounded) {
      for (const std::uint32_t slot : active_) {
        earliest = std::min(earliest, bound(pending_[slot], next_command));
      }
    } else {
      earliest = std::min(earliest, next_command);
    }
  }
  return earliest == kNever ? std::nullopt : std::optional{earliest};
}

void DramController::advance(DramClock to, std::vector<DramCompletion>& done) {
  ensure(to >= now_, "the DRAM controller cannot go back in time");
  run(to);
  while (!done_.empty() && done_.front().at <= to) {
    done.push_back(done_.front());
    std::pop_heap(done_.begin(), done_.end(), later);
    done_.pop_back();
  }
}

DramClock DramController::finish(std::vector<DramCompletion>& done) {
  while (!link_writes_.empty()) {
    run(std::max(link_at_, link_reads_end_) + pending_[link_writes_.front()].unissued);
  }
  while (!active_.empty()) {
    run(schedulers_[earliest_channel()].next());
  }
  DramClock last = now_;
  for (const DramCompletion& completion : done_) {
    last = std::max(last, completion.at);
  }
  advance(last, done);
  return last;
}

DramCounts DramController::counts() const {
  DramCounts sum = plain_counts_;
  for (const DramScheduler& scheduler : schedulers_) {
    sum += scheduler.counts(now_);
  }
  return sum;
}

}  // namespace turnpike::memory
