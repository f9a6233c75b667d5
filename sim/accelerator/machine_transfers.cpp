// What moves besides the array: transfers, and the threads that fetch, post-process and write back.

#include <algorithm>

#include "sim/accelerator/accounting.hpp"
#include "sim/accelerator/machine.hpp"
#include "sim/accelerator/observed.hpp"
#include "sim/base/error.hpp"

namespace turnpike::accelerator {

namespace {

Engine engine_of(Track transfers) {
  return transfers == Track::skip_fetch   ? Engine::post
         : transfers == Track::write_back ? Engine::write
                                          : Engine::fetch;
}

PortUser fill_of(Track transfers) {
  return transfers == Track::skip_fetch ? PortUser::skip_fill : PortUser::fetch_fill;
}

/// Filters have a buffer of their own, outputs leave without one.
bool fills_global_buffer(Track transfers) {
  return transfers == Track::skip_fetch || transfers == Track::ifmap_fetch;
}

}  // namespace

/// Moves one transfer and counts it; called from fetch, post and write.
void Machine::transfer(Track track, const Transfer& t) {
  count_transfer(config_, t, result_.layers[t.stage]);
  move(track, t);
}

void Machine::move(Track track, const Transfer& t) {
  if (t.words == 0 && t.values == 0) {
    return;  // a share of a tile too small for a value of its own
  }
  const Observed observed{options_.observer,
                          {.track = track,
                           .layer = t.stage,
                           .low_bytes = t.low_words * 8,
                           .highway_bytes = (t.words - t.low_words) * 8,
                           .values = t.values}};
  const Engine engine = engine_of(track);
  const std::uint64_t from = now();
  if (fills_global_buffer(track)) {
    ports_.begins(fill_of(track), from, transfer_lines(config_, t), 0);
  }
  if (t.low_words > 0) {
    access_dram(engine,
                {t.address, static_cast<std::int64_t>(t.low_words) * 8, t.write, Stream::low});
  }
  if (t.words > t.low_words) {
    access_dram(engine,
                {t.address + static_cast<std::int64_t>(t.low_words) * 8,
                 static_cast<std::int64_t>(t.words - t.low_words) * 8, t.write, Stream::highway});
  }
  wait_for_edge(engine);
  fill_buffer(track, t, from);
}

/// A transfer that began at `from` and has left the DRAM ends when the buffer has taken it.
void Machine::fill_buffer(Track track, const Transfer& t, std::uint64_t from) {
  const Engine engine = engine_of(track);
  const std::uint64_t filters = from + filter_buffer_lines(config_, t);
  if (filters > now()) {
    wait_clocks(engine, filters - now());
  }
  if (fills_global_buffer(track)) {
    while (const std::uint64_t more = ports_.needs(fill_of(track), now())) {
      wait_clocks(engine, more);
    }
  }
}

void Machine::access_dram(Engine engine, const memory::DramRequest& request) {
  memory::DramTransferExtension extension;
  extension.stream = request.stream;
  tlm::tlm_generic_payload payload;
  payload.set_command(request.write ? tlm::TLM_WRITE_COMMAND : tlm::TLM_READ_COMMAND);
  payload.set_address(static_cast<sc_dt::uint64>(request.address));
  payload.set_data_length(static_cast<unsigned>(request.bytes));
  payload.set_streaming_width(static_cast<unsigned>(request.bytes));
  payload.set_extension(&extension);
  sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
  memory_port_->b_transport(payload, delay);
  turns_.take(engine);
  payload.clear_extension(&extension);
  ensure(payload.is_response_ok(), "the memory takes every transfer of the schedule");
}

void Machine::fetch() {
  turns_.take(Engine::fetch);
  std::uint64_t pass = 0;
  for (std::size_t s = 0; s < plan_.stages.size(); ++s) {
    for (const JobSchedule& job : schedule_.stages[s].jobs) {
      for (const PassTask& task : job.passes) {
        fetch_operands(task, pass, job.ifmap_ready_stage);
        fetched_ = ++pass;
        fetched_event_.notify(sc_core::SC_ZERO_TIME);
      }
    }
  }
}

/// Double-buffered: the operands of a pass may come while the pass before it runs, as far as there
/// is room; of the filters the rest comes when that has ended.
void Machine::fetch_operands(const PassTask& task, std::uint64_t pass,
                             std::int64_t ifmap_ready_stage) {
  const bool overlap = config_.transfers == config::Transfers::overlap;
  while (overlap ? started_ < pass : ended_ < pass) {
    wait_for(Engine::fetch, pass_event_);
  }
  const Transfer& filter = task.filter;
  const std::uint64_t ahead = overlap ? task.filter_words_ahead : filter.words;
  count_transfer(config_, filter, result_.layers[filter.stage]);
  const Transfer first = words_of(filter, 0, ahead);
  hold_filters(first, pass);
  move(Track::filter_fetch, first);
  if (task.ifmap.words > 0) {
    while (stages_done_ <= ifmap_ready_stage) {
      wait_for(Engine::fetch, stage_event_);
    }
    while (write_at_work()) {
      wait_for(Engine::fetch, write_idle_event_);
    }
    transfer(Track::ifmap_fetch, task.ifmap);
  }
  if (ahead < filter.words) {
    while (ended_ < pass) {
      wait_for(Engine::fetch, pass_event_);
    }
    hold_filters(filter, pass);
    move(Track::filter_fetch, words_of(filter, ahead, filter.words));
  }
}

/// Takes room in the filter buffer for what of a pass's filters is there once the next transfer has
/// ended: no more than there is, but for a pass that alone has more and streams them through.
void Machine::hold_filters(const Transfer& filters, std::uint64_t pass) {
  if (filters.words == 0) {
    return;
  }
  if (filters_of_ != pass) {
    filter_bits_before_ = filter_bits_;
    filters_of_ = pass;
  }
  filter_bits_ = filter_buffer_bits(config_, filters);
  const std::uint64_t others = ended_ < pass ? filter_bits_before_ : 0;
  ensure(others == 0 || config_.timing.filter_prefetch == config::FilterPrefetch::any ||
             others + filter_bits_ <= static_cast<std::uint64_t>(config_.glb_filter_bits()),
         "the filter buffer holds what is fetched into it");
}

void Machine::post() {
  for (;;) {
    while (tiles_.empty()) {
      wait_for(Engine::post, tile_event_);
    }
    post_busy_ = true;
    const TileTask tile = std::move(tiles_.front());
    tiles_.pop_front();
    requantize(tile);
    for (const Transfer& store : tile.writes) {
      writes_.push_back(store);
    }
    write_event_.notify(sc_core::SC_ZERO_TIME);
    post_busy_ = false;
    post_idle_event_.notify(sc_core::SC_ZERO_TIME);
  }
}

/// Brings a tile's operands that lie in DRAM, then takes the time of its values.
void Machine::requantize(const TileTask& tile) {
  const Observed observed{options_.observer,
                          {.track = Track::post, .layer = current_, .values = tile.values}};
  for (const Transfer& read : tile.reads) {
    transfer(Track::skip_fetch, read);
  }
  const std::uint64_t clocks =
      std::max(post_clocks(config_, tile.values).count(), ports_.clocks_for(tile.lines));
  ports_.begins(PortUser::post, now(), tile.lines, clocks);
  wait_clocks(Engine::post, clocks);
  while (const std::uint64_t more = ports_.needs(PortUser::post, now())) {
    wait_clocks(Engine::post, more);
  }
}

void Machine::write() {
  for (;;) {
    while (writes_.empty()) {
      wait_for(Engine::write, write_event_);
    }
    write_busy_ = true;
    const Transfer store = writes_.front();
    writes_.pop_front();
    transfer(Track::write_back, store);
    write_busy_ = false;
    if (writes_.empty()) {
      write_idle_event_.notify(sc_core::SC_ZERO_TIME);
    }
  }
}

}  // namespace turnpike::accelerator
