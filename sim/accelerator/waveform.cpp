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

std::uint64_t unsigned_of(std::int32_t value) {
  return static_cast<std::uint64_t>(value);
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
  show_clock(pe::ArrayClock{.column_multiplying = std::vector<std::int32_t>(
                                static_cast<std::size_t>(facts.columns), 0),
                            .chosen = {}},
             Picoseconds{});
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
  const std::string scope = "accelerator.array";
  array_.filter_load = file_.add(scope, "filter_load", 1);
  for (std::size_t i = 0; i < 4; ++i) {
    const char* const name = std::array{"filter", "ifmap", "psum_in", "psum_out"}[i];
    array_.bus_valid[i] = file_.add(scope, fmt::format("{}_bus_valid", name), 1);
    array_.bus_words[i] = file_.add(scope, fmt::format("{}_bus_words", name), 16);
  }
  for (std::size_t i = 0; i < 5; ++i) {
    array_.pes[i] = file_.add(
        scope,
        std::array{"pes_multiplying", "pes_waiting_for_ifmap", "pes_waiting_for_psum_spad",
                   "pes_accumulating", "pes_waiting_for_psum"}[i],
        16);
  }
  for (std::int64_t column = 0; column < facts.columns; ++column) {
    array_.columns.push_back(
        file_.add(scope + ".columns", fmt::format("column_{}_multiplying", column), 16));
  }
  const std::string pe = fmt::format("{}.pe_{}_{}", scope, chosen_.row, chosen_.column);
  for (std::size_t i = 0; i < 8; ++i) {
    array_.chosen[i] = file_.add(
        pe,
        std::array{"used", "multiplying", "waits_for_ifmap", "waits_for_psum_spad",
                   "ifmap_fifo_level", "psum_fifo_level", "ifmap_spad_level", "psum_spad_level"}[i],
        i < 4 ? 1 : 16);
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
    show_pass(*activity.shape, from, at);
  }
  flush(at);
}

/// What else happened until the pass ended is known by now, so the file can follow the pass.
void Waveform::show_pass(const pe::PassShape& shape, Picoseconds from, Picoseconds to) {
  pe::ArrayProbe probe{shape, chosen_};
  const Picoseconds window_begin = edge(window_.from);
  bool complete = false;
  Picoseconds at = from;
  for (std::uint64_t clock = 1; !complete && at < edge(window_.to); ++clock) {
    complete = probe.step();
    const Picoseconds next = at + period_;
    if (next > window_begin) {
      show_clock(probe.clock(), at);
    }
    if (clock % kFlushClocks == 0) {
      flush(at);
    }
    at = next;
  }
  ensure(at <= to, "a pass takes as long as its clocks");
  if (complete) {
    pe::ArrayClock idle;
    idle.column_multiplying.assign(array_.columns.size(), 0);
    show_clock(idle, at);
  }
}

void Waveform::show_clock(const pe::ArrayClock& clock, Picoseconds at) {
  file_.set(array_.filter_load, at, clock.filter_load ? 1 : 0);
  const std::array words{clock.filter_words, clock.ifmap_words, clock.psum_in_words,
                         clock.psum_out_words};
  for (std::size_t i = 0; i < words.size(); ++i) {
    file_.set(array_.bus_valid[i], at, words[i] > 0 ? 1 : 0);
    file_.set(array_.bus_words[i], at, words[i]);
  }
  const std::array pes{clock.multiplying, clock.waiting_for_ifmap, clock.waiting_for_psum_spad,
                       clock.accumulating, clock.waiting_for_psum};
  for (std::size_t i = 0; i < pes.size(); ++i) {
    file_.set(array_.pes[i], at, unsigned_of(pes[i]));
  }
  for (std::size_t i = 0; i < array_.columns.size(); ++i) {
    file_.set(array_.columns[i], at, unsigned_of(clock.column_multiplying[i]));
  }
  const pe::PeClock& pe = clock.chosen;
  const std::array levels{pe.used ? 1 : 0,
                          pe.multiplying ? 1 : 0,
                          pe.waits_for_ifmap ? 1 : 0,
                          pe.waits_for_psum_spad ? 1 : 0,
                          pe.ifmap_fifo,
                          pe.psum_fifo,
                          pe.ifmap_spad,
                          pe.psum_spad};
  for (std::size_t i = 0; i < levels.size(); ++i) {
    file_.set(array_.chosen[i], at, unsigned_of(levels[i]));
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
