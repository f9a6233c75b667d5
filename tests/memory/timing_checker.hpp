#pragma once

#include <algorithm>
#include <map>
#include <sstream>
#include <string>
#include <tuple>
#include <vector>

#include "tests/memory/dram_support.hpp"

namespace turnpike::memory::test {

/// Holds a command log against the standards' rules, pair by pair and without any of the
/// scheduler's state: an oracle written from the rules, not from the code.
class TimingChecker {
 public:
  TimingChecker(const DramDevice& device, bool closed_page)
      : t_{device.timing}, data_{device.organisation.burst_length / 2}, closed_page_{closed_page} {}

  /// The first broken rules; empty if there are none. `log` of one channel.
  [[nodiscard]] std::string violations(std::vector<LoggedCommand> log) const {
    std::stable_sort(log.begin(), log.end(),
                     [](const auto& a, const auto& b) { return a.at < b.at; });
    std::ostringstream out;
    for (std::size_t j = 0; j < log.size() && out.str().size() < 1000; ++j) {
      for (std::size_t i = j; i-- > 0 && log[j].at - log[i].at < kWindow;) {
        const DramClock gap = log[j].at - log[i].at;
        const DramClock needed = least_gap(log[i], log[j]);
        if (gap < needed) {
          out << name(log[i]) << " -> " << name(log[j]) << " at " << log[j].at << ": " << gap
              << " clocks, the rule says " << needed << '\n';
        }
      }
    }
    check_states(log, out);
    check_activate_windows(log, out);
    return out.str();
  }

 private:
  static constexpr DramClock kWindow = 700;  ///< more than any device's longest rule, RFC

  static std::string name(const LoggedCommand& c) {
    static const char* const kNames[] = {"ACT", "PRE", "RD", "WR", "REF", "PDE", "PDX"};
    return kNames[static_cast<int>(c.command)];
  }
  static bool column(const LoggedCommand& c) {
    return c.command == DramCommand::read || c.command == DramCommand::write;
  }
  [[nodiscard]] DramClock data_at(const LoggedCommand& c) const {
    return c.at + (c.command == DramCommand::write ? t_.CWL : t_.CL);
  }

  [[nodiscard]] DramClock least_gap(const LoggedCommand& a, const LoggedCommand& b) const {
    DramClock gap = 1;  // a command a clock
    const bool free_precharge = closed_page_ && (a.command == DramCommand::precharge ||
                                                 b.command == DramCommand::precharge);
    const bool precharge_all = a.command == DramCommand::precharge &&
                               b.command == DramCommand::precharge && a.where.rank == b.where.rank;
    if (free_precharge || precharge_all) {
      gap = 0;
    }
    if (column(a) && column(b)) {
      const bool turn = a.where.rank != b.where.rank || a.command != b.command;
      const DramClock bus = data_ + (turn ? t_.RTRS : 0);
      gap = std::max(gap, bus - (data_at(b) - data_at(a)) + (b.at - a.at));
    }
    return a.where.rank == b.where.rank ? std::max(gap, in_rank(a, b)) : gap;
  }

  [[nodiscard]] DramClock in_rank(const LoggedCommand& a, const LoggedCommand& b) const {
    const bool group = a.where.group == b.where.group;
    const bool bank = group && a.where.bank == b.where.bank;
    using C = DramCommand;
    const auto is = [&](C first, C second) { return a.command == first && b.command == second; };
    if (is(C::activate, C::activate)) {
      return bank ? t_.RC : group ? t_.RRD_L : t_.RRD_S;
    }
    if (column(a) && a.command == b.command) {
      return group ? t_.CCD_L : t_.CCD_S;
    }
    if (is(C::write, C::read)) {
      return t_.CWL + data_ + (group ? t_.WTR_L : t_.WTR_S);
    }
    if (b.command == C::refresh || b.command == C::activate) {
      if (a.command == C::refresh) {
        return t_.RFC;
      }
      if (a.command == C::power_up) {
        return t_.XP;
      }
      if (a.command == C::precharge && (bank || b.command == C::refresh)) {
        return t_.RP;
      }
    }
    if (is(C::power_down, C::power_up)) {
      return t_.CKE;
    }
    return bank ? in_bank(a, b) : 0;
  }

  [[nodiscard]] DramClock in_bank(const LoggedCommand& a, const LoggedCommand& b) const {
    if (a.command == DramCommand::activate && column(b)) {
      return t_.RCD;
    }
    if (b.command != DramCommand::precharge) {
      return 0;
    }
    switch (a.command) {
      case DramCommand::activate:
        return t_.RAS;
      case DramCommand::read:
        return t_.RTP;
      case DramCommand::write:
        return t_.CWL + data_ + t_.WR;
      default:
        return 0;
    }
  }

  static void check_states(const std::vector<LoggedCommand>& log, std::ostringstream& out) {
    std::map<std::tuple<int, int, int>, std::int64_t> open;
    std::map<int, bool> asleep;
    for (const LoggedCommand& c : log) {
      const auto bank = std::tuple{c.where.rank, c.where.group, c.where.bank};
      const auto rank_open = std::any_of(open.begin(), open.end(), [&](const auto& entry) {
        return std::get<0>(entry.first) == c.where.rank;
      });
      const bool is_open = open.contains(bank) && open[bank] == c.where.row;
      bool ok = asleep[c.where.rank] == (c.command == DramCommand::power_up);
      switch (c.command) {
        case DramCommand::activate:
          ok = ok && open.emplace(bank, c.where.row).second;
          break;
        case DramCommand::precharge:
          ok = ok && open.erase(bank) == 1;
          break;
        case DramCommand::read:
        case DramCommand::write:
          ok = ok && is_open;
          break;
        case DramCommand::refresh:
        case DramCommand::power_down:
          ok = ok && !rank_open;
          asleep[c.where.rank] = c.command == DramCommand::power_down;
          break;
        case DramCommand::power_up:
          asleep[c.where.rank] = false;
          break;
      }
      if (!ok) {
        out << name(c) << " at " << c.at << " in the wrong state\n";
      }
    }
  }

  void check_activate_windows(const std::vector<LoggedCommand>& log,
                              std::ostringstream& out) const {
    std::map<int, std::vector<DramClock>> activates;
    for (const LoggedCommand& c : log) {
      if (c.command == DramCommand::activate) {
        auto& times = activates[c.where.rank];
        times.push_back(c.at);
        if (times.size() > 4 && c.at - times[times.size() - 5] < t_.FAW) {
          out << "five ACT within FAW at " << c.at << '\n';
        }
      }
    }
  }

  DramTiming t_;
  DramClock data_;
  bool closed_page_;
};

}  // namespace turnpike::memory::test
