#include "pe/row_stationary/array_probe.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "sim/base/integers.hpp"

namespace turnpike::pe::row_stationary {
std::vector<ProbeSignal> probe_signals(std::int32_t columns, PePosition chosen) {
  std::vector<ProbeSignal> signals{{"", "filter_load", 1}};
  for (const char* const name : {"filter", "ifmap", "psum_in", "psum_out"}) {
    signals.push_back({"", fmt::format("{}_bus_valid", name), 1});
    signals.push_back({"", fmt::format("{}_bus_words", name), 16});
  }
  for (const char* const name :
       {"pes_multiplying", "pes_waiting_for_ifmap", "pes_waiting_for_psum_spad", "pes_accumulating",
        "pes_waiting_for_psum"}) {
    signals.push_back({"", name, 16});
  }
  for (std::int32_t column = 0; column < columns; ++column) {
    signals.push_back({"columns", fmt::format("column_{}_multiplying", column), 16});
  }
  const std::string pe = fmt::format("pe_{}_{}", chosen.row, chosen.column);
  for (const char* const name : {"used", "multiplying", "waits_for_ifmap", "waits_for_psum_spad"}) {
    signals.push_back({pe, name, 1});
  }
  for (const char* const name :
       {"ifmap_fifo_level", "psum_fifo_level", "ifmap_spad_level", "psum_spad_level"}) {
    signals.push_back({pe, name, 16});
  }
  return signals;
}

std::vector<std::uint64_t> ArrayProbe::values() const {
  std::vector<std::uint64_t> values{now_.filter_load ? 1U : 0U};
  for (const std::uint64_t words :
       {now_.filter_words, now_.ifmap_words, now_.psum_in_words, now_.psum_out_words}) {
    values.push_back(words > 0 ? 1 : 0);
    values.push_back(words);
  }
  for (const std::int32_t pes :
       {now_.multiplying, now_.waiting_for_ifmap, now_.waiting_for_psum_spad, now_.accumulating,
        now_.waiting_for_psum}) {
    values.push_back(unsigned_of(pes));
  }
  for (const std::int32_t multiplying : now_.column_multiplying) {
    values.push_back(unsigned_of(multiplying));
  }
  const PeClock& pe = now_.chosen;
  for (const bool flag : {pe.used, pe.multiplying, pe.waits_for_ifmap, pe.waits_for_psum_spad}) {
    values.push_back(flag ? 1 : 0);
  }
  for (const std::int32_t level : {pe.ifmap_fifo, pe.psum_fifo, pe.ifmap_spad, pe.psum_spad}) {
    values.push_back(unsigned_of(level));
  }
  return values;
}

ArrayProbe::ArrayProbe(const PassShape& shape, PePosition chosen) : shape_{shape} {
  core_.begin(shape, nullptr);
  place(chosen);
  list_filter_streams();
  starved_.assign(core_.pes_.size(), 0);
  finished_.assign(core_.pes_.size(), 0);
  now_.column_multiplying.assign(index_of(shape.columns), 0);
}

void ArrayProbe::place(PePosition chosen) {
  for (const Chain& chain : core_.chains_) {
    for (std::int32_t row = 0; row < shape_.r * shape_.R; ++row) {
      for (std::int32_t column = 0; column < chain.width; ++column) {
        const PePosition at{chain.array_row + row, chain.array_column + column};
        if (at == chosen) {
          chosen_ = static_cast<std::int32_t>(column_of_.size());
        }
        column_of_.push_back(at.column);
      }
    }
  }
  now_.chosen.used = chosen_ >= 0;
}

/// The streams of the filter load (docs/array.md): one for each filter set and chain row.
void ArrayProbe::list_filter_streams() {
  for (std::int32_t set = 0; set < shape_.t; ++set) {
    for (std::int32_t row = 0; row < shape_.r * shape_.R; ++row) {
      filter_streams_.push_back(unsigned_of(shape_.filters_of(set)) *
                                unsigned_of(shape_.channels_of(row / shape_.R)) *
                                unsigned_of(shape_.S));
    }
  }
}

/// A stream begins with a word of its own; after the last one the load idles to the end of its
/// unit.
std::uint64_t ArrayProbe::next_filter_words() {
  while (filter_stream_ < filter_streams_.size() && filter_streams_[filter_stream_] == 0) {
    ++filter_stream_;
  }
  if (filter_stream_ == filter_streams_.size()) {
    return 0;
  }
  std::uint64_t& left = filter_streams_[filter_stream_];
  const std::uint64_t words = std::min(left, unsigned_of(shape_.filter_rate));
  left -= words;
  return words;
}

bool ArrayProbe::step() {
  ++steps_;
  const std::uint64_t load = core_.counters_.load_cycles;
  now_.filter_load = steps_ <= load;
  now_.filter_words = now_.filter_load ? next_filter_words() : 0;
  if (steps_ <= load + unsigned_of(shape_.buffer_latency)) {
    return core_.step();  // nothing else happens
  }
  before_ = core_.counters();
  look_before();
  const bool complete = core_.step();
  look_after();
  return complete;
}

void ArrayProbe::look_before() {
  now_.waiting_for_psum = 0;
  for (std::size_t i = 0; i < core_.pes_.size(); ++i) {
    const ArrayCore::Pe& pe = core_.pes_[i];
    starved_[i] = pe.next_value >= pe.values_moved ? 1 : 0;
    finished_[i] = pe.macs_done ? 1 : 0;
    now_.waiting_for_psum += pe.psum_fifo == 0 && pe.ready_clock <= steps_ ? 1 : 0;
  }
  if (chosen_ >= 0) {
    look_at_chosen();
  }
}

/// Levels at the start of the clock. ArrayCore frees values and takes psum spad entries for a whole
/// run of MACs at once; here they come one by one.
void ArrayProbe::look_at_chosen() {
  const ArrayCore::Pe& pe = core_.pes_[index_of(chosen_)];
  PeClock& chosen = now_.chosen;
  chosen_started_ = pe.psums_started;
  chosen.ifmap_fifo = pe.ifmap_fifo;
  chosen.psum_fifo = pe.psum_fifo;
  const std::int32_t freed = pe.mac_clock <= steps_ ? pe.to_free : 0;
  chosen.ifmap_spad = shape_.ifmap_spad - pe.spad_room - freed;
  const std::uint64_t unopened = chosen_opens_until_ > steps_ ? chosen_opens_until_ - steps_ : 0;
  chosen.psum_spad = static_cast<std::int32_t>(pe.psums_started - unopened - pe.psums_accumulated);
}

void ArrayProbe::look_after() {
  const PassCounters& after = core_.counters();
  now_.ifmap_words = after.ifmap_network.y - before_.ifmap_network.y;
  now_.psum_in_words = after.psum_in_network.y - before_.psum_in_network.y;
  now_.psum_out_words = after.psum_out_network.y - before_.psum_out_network.y;
  now_.accumulating =
      static_cast<std::int32_t>(after.psum_accumulations - before_.psum_accumulations);
  now_.multiplying = now_.waiting_for_ifmap = now_.waiting_for_psum_spad = 0;
  std::fill(now_.column_multiplying.begin(), now_.column_multiplying.end(), 0);
  for (std::size_t i = 0; i < core_.pes_.size(); ++i) {
    const bool multiplying = core_.pes_[i].mac_clock > steps_;
    const bool waits = !multiplying && finished_[i] == 0;
    now_.multiplying += multiplying ? 1 : 0;
    now_.column_multiplying[index_of(column_of_[i])] += multiplying ? 1 : 0;
    now_.waiting_for_ifmap += waits && starved_[i] != 0 ? 1 : 0;
    now_.waiting_for_psum_spad += waits && starved_[i] == 0 ? 1 : 0;
    if (static_cast<std::int32_t>(i) == chosen_) {
      if (core_.pes_[i].psums_started > chosen_started_) {
        chosen_opens_until_ = core_.pes_[i].mac_clock;
      }
      now_.chosen.multiplying = multiplying;
      now_.chosen.waits_for_ifmap = waits && starved_[i] != 0;
      now_.chosen.waits_for_psum_spad = waits && starved_[i] == 0;
    }
  }
}

}  // namespace turnpike::pe::row_stationary
