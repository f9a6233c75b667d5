// What moves besides the array: transfers, and the threads that fetch, post-process and write back.

#include <algorithm>

#include "sim/accelerator/accounting.hpp"
#include "sim/accelerator/machine.hpp"
#include "sim/accelerator/observed.hpp"
#include "sim/base/error.hpp"

namespace turnpike::accelerator {

/// Moves one transfer and counts it; called from fetch, post and write.
void Machine::transfer(Track engine, const Transfer& t) {
  count_transfer(config_, t, result_.layers[t.stage]);
  if (t.words == 0) {
    return;  // a share of a tile too small for a word of its own
  }
  const Observed observed{options_.observer,
                          {.track = engine,
                           .layer = t.stage,
                           .low_bytes = t.low_words * 8,
                           .highway_bytes = (t.words - t.low_words) * 8,
                           .values = t.values}};
  const std::uint64_t from = now();
  if (t.low_words > 0) {
    access_dram(
        {t.address, static_cast<std::int64_t>(t.low_words) * 8, t.write, Stream::low, t.traffic});
  }
  if (t.words > t.low_words) {
    access_dram({t.address + static_cast<std::int64_t>(t.low_words) * 8,
                 static_cast<std::int64_t>(t.words - t.low_words) * 8, t.write, Stream::highway,
                 memory::Traffic::highway});
  }
  fill_buffer(t, from);
}

/// A transfer that began at `from` and has left the DRAM ends when the buffer has taken it.
void Machine::fill_buffer(const Transfer& t, std::uint64_t from) {
  const std::uint64_t filters = from + filter_buffer_lines(config_, t);
  if (filters > now()) {
    sc_core::wait(period_ * static_cast<double>(filters - now()));
  }
  const BufferLines lines = transfer_lines(config_, t);
  while (const std::uint64_t more = ports_.fill_needs(lines, from, now())) {
    sc_core::wait(period_ * static_cast<double>(more));
  }
}

void Machine::access_dram(const memory::DramRequest& request) {
  memory::DramTransferExtension extension;
  extension.stream = request.stream;
  extension.traffic = request.traffic;
  tlm::tlm_generic_payload payload;
  payload.set_command(request.write ? tlm::TLM_WRITE_COMMAND : tlm::TLM_READ_COMMAND);
  payload.set_address(static_cast<sc_dt::uint64>(request.address));
  payload.set_data_length(static_cast<unsigned>(request.bytes));
  payload.set_streaming_width(static_cast<unsigned>(request.bytes));
  payload.set_extension(&extension);
  sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
  memory_port_->b_transport(payload, delay);
  payload.clear_extension(&extension);
  ensure(payload.is_response_ok(), "the memory takes every transfer of the schedule");
}

void Machine::fetch() {
  std::uint64_t pass = 0;
  for (std::size_t s = 0; s < plan_.stages.size(); ++s) {
    for (const JobSchedule& job : schedule_.stages[s].jobs) {
      for (const PassTask& task : job.passes) {
        // Double-buffered: the operands of a pass may come while the pass before it runs.
        while (config_.transfers == Transfers::overlap ? started_ < pass : ended_ < pass) {
          sc_core::wait(pass_event_);
        }
        transfer(Track::filter_fetch, task.filter);
        if (task.ifmap.words > 0) {
          while (stages_done_ <= job.ifmap_ready_stage) {
            sc_core::wait(stage_event_);
          }
          while (write_at_work()) {
            sc_core::wait(write_idle_event_);
          }
          transfer(Track::ifmap_fetch, task.ifmap);
        }
        fetched_ = ++pass;
        fetched_event_.notify(sc_core::SC_ZERO_TIME);
      }
    }
  }
}

void Machine::post() {
  for (;;) {
    while (tiles_.empty()) {
      sc_core::wait(tile_event_);
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
  const auto rate = static_cast<std::uint64_t>(config_.post_values_per_clock);
  const std::uint64_t clocks =
      std::max((tile.values + rate - 1) / rate, ports_.clocks_for(tile.lines));
  const std::uint64_t from = now();
  ports_.post.begins(from, tile.lines, clocks);
  sc_core::wait(period_ * static_cast<double>(clocks));
  while (const std::uint64_t more = ports_.post_needs(tile.lines, from, now())) {
    sc_core::wait(period_ * static_cast<double>(more));
  }
  ports_.post.ends(now(), tile.lines);
}

void Machine::write() {
  for (;;) {
    while (writes_.empty()) {
      sc_core::wait(write_event_);
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
