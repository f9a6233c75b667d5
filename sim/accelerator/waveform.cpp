#include "sim/accelerator/waveform.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <limits>
#include <optional>
#include <string_view>

#include <fmt/format.h>

#include "sim/base/error.hpp"

namespace turnpike::accelerator {
namespace {

/// Clocks shown between two flushes: bounds what is held in memory.
constexpr std::uint64_t kFlushClocks = 4096;

template <class Integer>
std::optional<Integer> whole_number(std::string_view text) {
  Integer value{};
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  return error == std::errc{} && rest == end && value >= 0 ? std::optional{value} : std::nullopt;
}

/// A layer's name in a comment: no blanks and no '$', which could end it.
std::string plain(std::string text) {
  std::replace_if(
      text.begin(), text.end(),
      [](char c) { return c == '$' || std::isgraph(static_cast<unsigned char>(c)) == 0; }, '_');
  return text;
}

bool is_transfer(Track track) {
  return track == Track::filter_fetch || track == Track::ifmap_fetch ||
         track == Track::skip_fetch || track == Track::write_back;
}

}  // namespace

ClockWindow parse_window(const std::string& text) {
  const std::size_t colon = text.find(':');
  const bool pair = colon != std::string::npos;
  const auto from =
      whole_number<std::uint64_t>(pair ? std::string_view{text}.substr(0, colon) : "0");
  const auto to = whole_number<std::uint64_t>(std::string_view{text}.substr(pair ? colon + 1 : 0));
  if (!from || !to) {
    throw InputError{{"--window " + text, 0, 0},
                     "must be A:B, clocks of the run as whole numbers from 0, or N for 0:N"};
  }
  if (*to <= *from) {
    throw InputError{{"--window " + text, 0, 0},
                     "is empty: it goes from the first clock up to, not including, the second"};
  }
  return {*from, *to};
}

pe::PePosition parse_pe(const std::string& text) {
  const std::size_t colon = std::min(text.find(':'), text.size());
  const auto row = whole_number<std::int32_t>(std::string_view{text}.substr(0, colon));
  const auto column =
      whole_number<std::int32_t>(std::string_view{text}.substr(std::min(colon + 1, text.size())));
  if (!row || !column) {
    throw InputError{{"--vcd-pe " + text, 0, 0},
                     "must be ROW:COLUMN of a PE, whole numbers from 0"};
  }
  return {*row, *column};
}

Waveform::Waveform(const std::string& path, ClockWindow window, pe::PePosition chosen)
    : file_{path}, window_{window}, chosen_{chosen} {}

void Waveform::run_begins(const RunFacts& facts) {
  period_ = facts.clock_period;
  declare(facts);
  std::string comment = fmt::format("network {}; layers:\n", plain(facts.network));
  for (std::size_t i = 0; i < facts.layers.size(); ++i) {
    comment += fmt::format("{} {} {}\n", i, plain(facts.layers[i].name), facts.layers[i].op);
  }
  // Beyond so many clocks picoseconds overflow; no run comes near.
  const std::uint64_t most = std::numeric_limits<std::uint64_t>::max() / period_.count();
  window_ = {std::min(window_.from, most), std::min(window_.to, most)};
  file_.begin({edge(window_.from), edge(window_.to)}, comment);
  next_edge_ = window_.from * 2;
  for (const std::size_t signal : active_) {
    file_.set(signal, Picoseconds{}, 0);
  }
  file_.set(dram_busy_, Picoseconds{}, 0);
  show_clock(std::vector<std::uint64_t>(array_signals_.size(), 0), Picoseconds{});
}

void Waveform::declare(const RunFacts& facts) {
  clock_signal_ = file_.add("accelerator", "clock", 1);
  layer_signal_ = file_.add("accelerator.control", "layer", 16);
  pass_signal_ = file_.add("accelerator.control", "pass", 32);
  const auto active = [this](Track track, const char* scope, const char* name) {
    active_[static_cast<std::size_t>(track)] = file_.add(scope, name, 1);
  };
  active(Track::layer, "accelerator.control", "layer_active");
  active(Track::pass, "accelerator.control", "pass_active");
  active(Track::bank_wait, "accelerator.control", "bank_wait");
  active(Track::dram_stall, "accelerator.control", "dram_stall");
  active(Track::post_stall, "accelerator.control", "post_stall");
  declare_array(facts);
  dram_busy_ = file_.add("accelerator.dram", "busy", 1);
  active(Track::filter_fetch, "accelerator.dram", "filter_fetch");
  active(Track::ifmap_fetch, "accelerator.dram", "ifmap_fetch");
  active(Track::skip_fetch, "accelerator.dram", "skip_fetch");
  active(Track::write_back, "accelerator.dram", "write_back");
  active(Track::post, "accelerator.post", "busy");
}

void Waveform::declare_array(const RunFacts& facts) {
  array_ = facts.array;
  for (const pe::ProbeSignal& signal : array_->signals(chosen_)) {
    const std::string scope = signal.scope.empty() ? "" : '.' + signal.scope;
    array_signals_.push_back(file_.add("accelerator.array" + scope, signal.name, signal.bits));
  }
}

void Waveform::mark(const Activity& activity, Picoseconds at, bool on) {
  file_.set(active_[static_cast<std::size_t>(activity.track)], at, on ? 1 : 0);
  if (is_transfer(activity.track)) {
    transfers_ += on ? 1 : -1;
    file_.set(dram_busy_, at, transfers_ > 0 ? 1 : 0);
  }
}

void Waveform::begins(const Activity& activity, Picoseconds at) {
  began_[static_cast<std::size_t>(activity.track)] = at;
  mark(activity, at, true);
  if (activity.track == Track::layer) {
    file_.set(layer_signal_, at, activity.layer);
  } else if (activity.track == Track::pass) {
    file_.set(pass_signal_, at, activity.number);
    in_pass_ = true;
  }
}

void Waveform::ends(const Activity& activity, Picoseconds at) {
  mark(activity, at, false);
  if (activity.track != Track::pass) {
    return;
  }
  in_pass_ = false;
  const Picoseconds from = began_[static_cast<std::size_t>(Track::pass)];
  if (at > edge(window_.from) && from < edge(window_.to)) {
    show_pass(*activity.pass, from, at);
  }
  flush(at);
}

/// What else happened until the pass ended is known by now, so the file can follow the pass.
void Waveform::show_pass(const pe::PassKey& pass, Picoseconds from, Picoseconds to) {
  const auto probe = array_->probe(pass, chosen_);
  const Picoseconds window_begin = edge(window_.from);
  bool complete = false;
  Picoseconds at = from;
  for (std::uint64_t clock = 1; !complete && at < edge(window_.to); ++clock) {
    complete = probe->step();
    const Picoseconds next = at + period_;
    if (next > window_begin) {
      show_clock(probe->values(), at);
    }
    if (clock % kFlushClocks == 0) {
      flush(at);
    }
    at = next;
  }
  ensure(at <= to, "a pass takes as long as its clocks");
  if (complete) {
    show_clock(std::vector<std::uint64_t>(array_signals_.size(), 0), at);
  }
}

void Waveform::show_clock(const std::vector<std::uint64_t>& values, Picoseconds at) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    file_.set(array_signals_[i], at, values[i]);
  }
}

void Waveform::flush(Picoseconds until) {
  const Picoseconds end = std::min(until, edge(window_.to));
  for (; period_.count() * next_edge_ / 2 < end.count(); ++next_edge_) {
    file_.set(clock_signal_, Picoseconds{period_.count() * next_edge_ / 2},
              next_edge_ % 2 == 0 ? 1 : 0);
  }
  file_.flush(until);
}

void Waveform::run_ends(Picoseconds at) {
  clocks_ = at.count() / period_.count();
  flush(at);
  file_.finish(at);
}

}  // namespace turnpike::accelerator
