// What each command does to the state of a channel: the rules between two commands.

#include <algorithm>

#include "memory/dram_scheduler.hpp"
#include "sim/base/error.hpp"
#include "sim/base/integers.hpp"

namespace turnpike::memory {
bool DramScheduler::execute(Issued& issued) {
  const DramClock at = next();
  ensure(at < kNever, "a scheduler without a next command was asked for it");
  const Decision decision = next_;
  decided_ = false;
  last_command_ = at;
  if (decision.burst >= 0) {
    draining_ = decision.write;
  }
  switch (decision.command) {
    case DramCommand::activate:
      activate(queues_[decision.write ? 1 : 0][index_of(decision.burst)], at);
      return false;
    case DramCommand::precharge:
      if (decision.burst < 0) {
        precharge_rank(decision.rank, at);
      } else {
        Burst& burst = queues_[decision.write ? 1 : 0][index_of(decision.burst)];
        burst.conflicted = true;
        precharge(burst.bank, decision.rank, at);
      }
      return false;
    case DramCommand::refresh:
      refresh(decision.rank, at);
      return false;
    case DramCommand::power_down:
      power_down(decision.rank, at);
      return false;
    case DramCommand::power_up:
      power_up(decision.rank, at);
      return false;
    case DramCommand::read:
    case DramCommand::write:
      break;
  }
  const Burst burst = queue(decision.write)[index_of(decision.burst)];
  column(burst, decision.write, at);
  issued.request = burst.request;
  issued.data_end = at + (decision.write ? timing_.CWL : timing_.CL) + data_clocks_;
  remove(decision.burst, decision.write);
  return true;
}

void DramScheduler::activate(Burst& burst, DramClock at) {
  Bank& bank = banks_[index_of(burst.bank)];
  Rank& rank = ranks_[index_of(burst.where.rank)];
  Group& group = groups_state_[index_of(burst.where.rank * groups_ + burst.where.group)];
  burst.missed = true;
  bank.row = burst.where.row;
  bank.column_ok = at + timing_.RCD;
  bank.precharge_ok = at + timing_.RAS;
  bank.activate_ok = at + timing_.RC;
  group.activate_ok = at + timing_.RRD_L;
  rank.activates[rank.oldest_activate] = at;
  rank.oldest_activate = (rank.oldest_activate + 1) % rank.activates.size();
  rank.activate_ok =
      std::max(at + timing_.RRD_S, rank.activates[rank.oldest_activate] + timing_.FAW);
  rank.used = at;
  if (++rank.open_banks == 1) {
    enter(rank, State::active, at);
  }
  for (std::size_t direction = 0; direction < 2; ++direction) {
    bank.hits[direction] = static_cast<int>(std::count_if(
        queues_[direction].begin(), queues_[direction].end(),
        [&](const Burst& b) { return b.bank == burst.bank && b.where.row == bank.row; }));
  }
  ++counts_.activates[static_cast<std::size_t>(burst.stream)];
  tell(DramCommand::activate, burst.where, at);
}

void DramScheduler::precharge(int bank_index, int rank_index, DramClock at) {
  Bank& bank = banks_[index_of(bank_index)];
  Rank& rank = ranks_[index_of(rank_index)];
  DramLocation where;
  where.rank = rank_index;
  where.group = bank_index % banks_per_rank_ / banks_per_group_;
  where.bank = bank_index % banks_per_group_;
  where.row = bank.row;
  bank.row = kClosed;
  bank.hits = {};
  raise(bank.activate_ok, at + timing_.RP);
  raise(rank.closed, at);
  if (--rank.open_banks == 0) {
    enter(rank, State::precharged, rank.closed);
  }
  ++counts_.precharges;
  tell(DramCommand::precharge, where, at);
}

void DramScheduler::precharge_rank(int rank, DramClock at) {
  for (int b = rank * banks_per_rank_; b < (rank + 1) * banks_per_rank_; ++b) {
    if (banks_[index_of(b)].row != kClosed) {
      precharge(b, rank, at);
    }
  }
}

void DramScheduler::column(const Burst& burst, bool write, DramClock at) {
  Bank& bank = banks_[index_of(burst.bank)];
  raise(bank.precharge_ok, write ? at + timing_.CWL + data_clocks_ + timing_.WR : at + timing_.RTP);
  limit_columns(burst, write, at);
  ranks_[index_of(burst.where.rank)].used = at;
  auto& moved = write ? counts_.writes : counts_.reads;
  ++moved[static_cast<std::size_t>(burst.stream)];
  if (!burst.missed) {
    ++counts_.row_hits;
  } else if (burst.conflicted) {
    ++counts_.row_conflicts;
  } else {
    ++counts_.row_misses;
  }
  tell(write ? DramCommand::write : DramCommand::read, burst.where, at);
  --bank.hits[write ? 1 : 0];
  if (policy_.page == DramPolicy::Page::closed && bank.hits[0] + bank.hits[1] == 0) {
    // Auto-precharge: the device closes the row itself at the first legal clock.
    precharge(burst.bank, burst.where.rank, bank.precharge_ok);
  }
}

void DramScheduler::limit_columns(const Burst& burst, bool write, DramClock at) {
  const std::size_t same = write ? 1 : 0;
  const std::size_t other = write ? 0 : 1;
  // The other direction: after a read the write data must not meet the read data on the bus; after
  // a write the array must have taken the data (WTR) before a read of the same rank.
  const DramClock data_end = at + (write ? timing_.CWL : timing_.CL) + data_clocks_;
  const DramClock turned = data_end + timing_.RTRS - (write ? timing_.CL : timing_.CWL);
  for (int r = 0; r < static_cast<int>(ranks_.size()); ++r) {
    Rank& rank = ranks_[index_of(r)];
    if (r == burst.where.rank) {
      raise(rank.column_ok[same], at + std::max<DramClock>(timing_.CCD_S, data_clocks_));
      raise(rank.column_ok[other], write ? data_end + timing_.WTR_S : turned);
    } else {
      raise(rank.column_ok[same], at + data_clocks_ + timing_.RTRS);
      raise(rank.column_ok[other], turned);
    }
  }
  Group& group = groups_state_[index_of(burst.where.rank * groups_ + burst.where.group)];
  raise(group.column_ok[same], at + std::max<DramClock>(timing_.CCD_L, data_clocks_));
  if (write) {
    raise(group.column_ok[other], data_end + timing_.WTR_L);
  }
}

void DramScheduler::refresh(int rank_index, DramClock at) {
  Rank& rank = ranks_[index_of(rank_index)];
  rank.refresh_due += timing_.REFI;
  for (int b = rank_index * banks_per_rank_; b < (rank_index + 1) * banks_per_rank_; ++b) {
    raise(banks_[index_of(b)].activate_ok, at + timing_.RFC);
  }
  // A refresh draws active standby current; the energy of the command is what comes on top.
  enter(rank, State::precharged, at);
  counts_.clocks_active += static_cast<std::uint64_t>(timing_.RFC);
  rank.state_since = at + timing_.RFC;
  ++counts_.refreshes;
  DramLocation where;
  where.rank = rank_index;
  tell(DramCommand::refresh, where, at);
}

void DramScheduler::power_down(int rank, DramClock at) {
  enter(ranks_[index_of(rank)], State::powered_down, at);
  DramLocation where;
  where.rank = rank;
  tell(DramCommand::power_down, where, at);
}

void DramScheduler::power_up(int rank, DramClock at) {
  enter(ranks_[index_of(rank)], State::precharged, at);
  for (int b = rank * banks_per_rank_; b < (rank + 1) * banks_per_rank_; ++b) {
    raise(banks_[index_of(b)].activate_ok, at + timing_.XP);
  }
  DramLocation where;
  where.rank = rank;
  tell(DramCommand::power_up, where, at);
}

void DramScheduler::remove(int i, bool write) {
  auto& bursts = queues_[write ? 1 : 0];
  --ranks_[index_of(bursts[index_of(i)].where.rank)].waiting;
  bursts.erase(bursts.begin() + i);
}

void DramScheduler::enter(Rank& rank, State state, DramClock at) {
  settle(counts_, rank, at);
  rank.state = state;
  rank.state_since = at;
}

void DramScheduler::settle(DramCounts& counts, const Rank& rank, DramClock at) {
  if (at >= rank.state_since) {
    credit(counts, rank.state, at - rank.state_since);
  } else {
    // Inside a refresh or before an auto-precharge, whose active clocks were counted ahead.
    counts.clocks_active -= static_cast<std::uint64_t>(rank.state_since - at);
  }
}

void DramScheduler::credit(DramCounts& counts, State state, DramClock clocks) {
  const auto n = static_cast<std::uint64_t>(clocks);
  switch (state) {
    case State::precharged:
      counts.clocks_precharged += n;
      return;
    case State::active:
      counts.clocks_active += n;
      return;
    case State::powered_down:
      counts.clocks_powerdown += n;
      return;
  }
}

DramCounts DramScheduler::counts(DramClock now) const {
  DramCounts counts = counts_;
  for (const Rank& rank : ranks_) {
    settle(counts, rank, now);
  }
  return counts;
}

void DramScheduler::tell(DramCommand command, DramLocation where, DramClock at) {
  if (observer_ != nullptr) {
    where.channel = channel_;
    observer_->command(command, where, at);
  }
}

}  // namespace turnpike::memory
