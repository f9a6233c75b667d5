#include "memory/dram_scheduler.hpp"

#include <algorithm>

#include "sim/base/error.hpp"
#include "sim/base/integers.hpp"

namespace turnpike::memory {
namespace {

/// Urgencies of commands that may leave at the same clock, the most urgent first.
constexpr int kRefreshing = 0;
constexpr int kColumn = 1;
constexpr int kActivate = 2;
constexpr int kPrecharge = 3;
constexpr int kPowerDown = 4;

}  // namespace

DramScheduler::DramScheduler(const DramDevice& device, const DramPolicy& policy,
                             DramObserver* observer, int channel)
    : timing_{device.timing},
      policy_{policy},
      observer_{observer},
      channel_{channel},
      banks_per_rank_{device.organisation.banks()},
      banks_per_group_{device.organisation.banks_per_group},
      groups_{device.organisation.bank_groups},
      data_clocks_{device.organisation.burst_length / 2},
      limits_{static_cast<std::size_t>(policy.read_queue),
              static_cast<std::size_t>(policy.write_queue)},
      banks_(index_of(device.organisation.ranks * device.organisation.banks())),
      groups_state_(index_of(device.organisation.ranks * device.organisation.bank_groups)),
      ranks_(index_of(device.organisation.ranks)) {
  ensure(policy.read_queue > 0 && policy.write_queue > 0, "DRAM queues hold at least one burst");
  ensure(0 <= policy.drain_below && policy.drain_below < policy.drain_above &&
             policy.drain_above <= policy.write_queue,
         "write drain marks lie in order inside the write queue");
  for (std::size_t r = 0; r < ranks_.size(); ++r) {
    ranks_[r].activates.fill(-kNever);
    if (policy_.refresh) {
      // Ranks refresh in turn, so that not all of them are away at once.
      ranks_[r].refresh_due =
          timing_.REFI * static_cast<DramClock>(r + 1) / static_cast<DramClock>(ranks_.size());
    }
  }
  queues_[0].reserve(limits_[0]);
  queues_[1].reserve(limits_[1]);
}

void DramScheduler::push(Burst burst, bool write) {
  const DramLocation& where = burst.where;
  burst.bank = where.rank * banks_per_rank_ + where.group * banks_per_group_ + where.bank;
  Bank& bank = banks_[index_of(burst.bank)];
  if (bank.row == where.row) {
    ++bank.hits[write ? 1 : 0];
  }
  ++ranks_[index_of(where.rank)].waiting;
  queues_[write ? 1 : 0].push_back(burst);
  decided_ = false;
}

DramClock DramScheduler::next() {
  if (!decided_) {
    next_ = decide();
    decided_ = true;
  }
  return next_.at;
}

bool DramScheduler::draining() const {
  const auto& reads = queues_[0];
  const auto& writes = queues_[1];
  if (writes.empty() || reads.empty()) {
    return !writes.empty();
  }
  const DramClock oldest = std::min(reads.front().visible, writes.front().visible);
  if (last_command_ - oldest > policy_.starvation_clocks) {
    return writes.front().visible < reads.front().visible;
  }
  const auto waiting = static_cast<int>(writes.size());
  return draining_ ? waiting > policy_.drain_below : waiting >= policy_.drain_above;
}

DramScheduler::Decision DramScheduler::decide() const {
  Decision best;
  const bool write = draining();
  const auto& bursts = queue(write);
  if (!bursts.empty()) {
    const bool alone = last_command_ - bursts.front().visible > policy_.starvation_clocks;
    // Every queued burst wants the one open row of one bank: the oldest goes first, no need to look
    // at the others. That is the steady state of a stream.
    const auto hits =
        static_cast<std::size_t>(banks_[index_of(bursts.front().bank)].hits[write ? 1 : 0]);
    const bool streaming = policy_.shortcut && hits == bursts.size();
    const int considered = alone || streaming ? 1 : static_cast<int>(bursts.size());
    for (int i = 0; i < considered; ++i) {
      consider_burst(i, write, alone, best);
    }
  }
  for (int rank = 0; rank < static_cast<int>(ranks_.size()); ++rank) {
    consider_rank(rank, best);
  }
  return best;
}

void DramScheduler::consider(const Decision& candidate, Decision& best) const {
  if (candidate.at < best.at || (candidate.at == best.at && candidate.urgency < best.urgency)) {
    best = candidate;
  }
}

void DramScheduler::consider_burst(int i, bool write, bool alone, Decision& best) const {
  const Burst& burst = queue(write)[index_of(i)];
  const Bank& bank = banks_[index_of(burst.bank)];
  const Rank& rank = ranks_[index_of(burst.where.rank)];
  const Group& group = groups_state_[index_of(burst.where.rank * groups_ + burst.where.group)];
  const std::size_t direction = write ? 1 : 0;
  Decision candidate{.burst = i, .rank = burst.where.rank, .write = write};
  if (rank.state == State::powered_down) {
    candidate.command = DramCommand::power_up;
    candidate.urgency = kActivate;
    candidate.at = rank.state_since + timing_.CKE;
  } else if (bank.row == burst.where.row) {
    candidate.command = write ? DramCommand::write : DramCommand::read;
    candidate.urgency = kColumn;
    candidate.at =
        std::max(bank.column_ok, std::max(group.column_ok[direction], rank.column_ok[direction]));
  } else if (bank.row == kClosed) {
    candidate.command = DramCommand::activate;
    candidate.urgency = kActivate;
    candidate.at = std::max(bank.activate_ok, std::max(group.activate_ok, rank.activate_ok));
  } else {
    if (!alone && bank.hits[direction] > 0) {
      return;
    }
    candidate.command = DramCommand::precharge;
    candidate.urgency = kPrecharge;
    candidate.at = bank.precharge_ok;
  }
  candidate.at = std::max(candidate.at, std::max(burst.visible, last_command_ + 1));
  if (candidate.at < rank.refresh_due) {
    consider(candidate, best);
  }
}

void DramScheduler::consider_rank(int i, Decision& best) const {
  const Rank& rank = ranks_[index_of(i)];
  Decision candidate{.urgency = kRefreshing, .rank = i};
  const auto at_or_after = [this](DramClock a, DramClock b) {
    return std::max(std::max(a, b), last_command_ + 1);
  };
  if (rank.refresh_due <= best.at) {
    if (rank.state == State::powered_down) {
      candidate.command = DramCommand::power_up;
      candidate.at = at_or_after(rank.refresh_due, rank.state_since + timing_.CKE);
    } else if (rank.open_banks > 0) {
      candidate.command = DramCommand::precharge;
      candidate.at = at_or_after(rank.refresh_due, all_closed_ok(i));
    } else {
      candidate.command = DramCommand::refresh;
      candidate.at = at_or_after(rank.refresh_due, all_activate_ok(i));
    }
    consider(candidate, best);
  }
  if (!policy_.power_down_after || rank.waiting > 0 || rank.state == State::powered_down) {
    return;
  }
  const DramClock idle = rank.used + *policy_.power_down_after;
  const bool open = rank.open_banks > 0;
  candidate.urgency = kPowerDown;
  candidate.command = open ? DramCommand::precharge : DramCommand::power_down;
  candidate.at = at_or_after(idle, open ? all_closed_ok(i) : all_activate_ok(i));
  if (candidate.at < rank.refresh_due) {
    consider(candidate, best);
  }
}

DramClock DramScheduler::all_closed_ok(int rank) const {
  DramClock ok = 0;
  for (int b = rank * banks_per_rank_; b < (rank + 1) * banks_per_rank_; ++b) {
    if (banks_[index_of(b)].row != kClosed) {
      raise(ok, banks_[index_of(b)].precharge_ok);
    }
  }
  return ok;
}

DramClock DramScheduler::all_activate_ok(int rank) const {
  DramClock ok = 0;
  for (int b = rank * banks_per_rank_; b < (rank + 1) * banks_per_rank_; ++b) {
    raise(ok, banks_[index_of(b)].activate_ok);
  }
  return ok;
}

}  // namespace turnpike::memory
