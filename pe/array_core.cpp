#include "pe/array_core.hpp"

#include <algorithm>

#include "sim/base/error.hpp"

namespace turnpike::pe {
namespace {

/// Clocks from the issue of a MAC to its psum: two multiplier stages and the adder (ISSCC 2016
/// fig. 14.5.5, "3 stages, 2-stage multiplier").
constexpr std::uint64_t kMacPipelineStages = 3;

std::uint64_t wide(std::int32_t value) {
  return static_cast<std::uint64_t>(value);
}
std::size_t index_of(std::int32_t value) {
  return static_cast<std::size_t>(value);
}

}  // namespace

void ArrayCore::begin(const PassShape& shape, PassOperands* operands) {
  shape_ = shape;
  operands_ = operands;
  counters_ = PassCounters{};
  clock_ = 0;
  chains_ = place_chains(shape);
  place_pes();
  make_diagonals();
  ring_size_ = index_of(std::max({shape.psum_spad, shape.ifmap_spad, shape.fifo_depth}));
  finish_clock_.assign(pes_.size() * ring_size_, 0);
  reset_data();
  count_statics();
  ifmap_image_ = ifmap_column_ = ifmap_channel_ = 0;
  ifmap_diagonal_ = 0;
  ifmap_done_ = false;
  settle_ifmap();
  psum_in_ = psum_out_ = PsumCursor{};
  settle(psum_in_, shape_.psum_in_rate);
  settle(psum_out_, shape_.psum_out_rate);
}

void ArrayCore::place_pes() {
  pes_.clear();
  out_fifos_.clear();
  chain_pes_.assign(chains_.size(), {});
  const std::int32_t height = shape_.r * shape_.R;
  for (std::size_t c = 0; c < chains_.size(); ++c) {
    const Chain& chain = chains_[c];
    for (std::int32_t row = 0; row < height; ++row) {
      for (std::int32_t column = 0; column < chain.width; ++column) {
        Pe pe;
        pe.index = pes_.size();
        pe.filter_set = chain.filter_set;
        pe.filters = shape_.filters_of(chain.filter_set);
        pe.channels = shape_.channels_of(row / shape_.R);
        pe.chain_row = row;
        pe.filter_row = row % shape_.R;
        pe.ofmap_row = chain.first_ofmap_row + column;
        pe.bottom = row == height - 1;
        if (row == 0) {
          pe.out_fifo = static_cast<std::int32_t>(out_fifos_.size());
          out_fifos_.emplace_back();
        } else {
          pe.above = static_cast<std::int32_t>(pes_.size()) - chain.width;
        }
        chain_pes_[c].push_back(static_cast<std::int32_t>(pes_.size()));
        pes_.push_back(pe);
      }
    }
  }
}

void ArrayCore::make_diagonals() {
  diagonals_.clear();
  for (std::int32_t set = 0; set < shape_.r; ++set) {
    for (std::int32_t row = 0; row < shape_.ifmap_row_span(); ++row) {
      Diagonal diagonal{row, set, {}, 0};
      std::vector<bool> row_bus(index_of(shape_.rows), false);
      for (std::size_t c = 0; c < chains_.size(); ++c) {
        for (std::size_t k = 0; k < chain_pes_[c].size(); ++k) {
          const Pe& pe = pes_[index_of(chain_pes_[c][k])];
          if (pe.chain_row / shape_.R == set && pe.ofmap_row * shape_.U + pe.filter_row == row) {
            diagonal.pes.push_back(chain_pes_[c][k]);
            row_bus[index_of(chains_[c].array_row + pe.chain_row)] = true;
          }
        }
      }
      diagonal.row_buses =
          static_cast<std::uint64_t>(std::count(row_bus.begin(), row_bus.end(), true));
      if (!diagonal.pes.empty()) {
        diagonals_.push_back(std::move(diagonal));
      }
    }
  }
}

/// Counts that follow from the shape: the filter load. A word of filter_rate weights goes to the
/// PEs of one row of a filter set, in all its segments and columns.
void ArrayCore::count_statics() {
  counters_.active_pes = pes_.size();
  std::uint64_t words = 0;
  std::vector<bool> sent(index_of(shape_.t * shape_.r * shape_.R), false);
  for (std::size_t c = 0; c < chains_.size(); ++c) {
    for (std::int32_t row = 0; row < shape_.r * shape_.R; ++row) {
      const std::uint64_t weights = wide(shape_.filters_of(chains_[c].filter_set)) *
                                    wide(shape_.channels_of(row / shape_.R)) * wide(shape_.S);
      const std::size_t stream = index_of(chains_[c].filter_set * shape_.r * shape_.R + row);
      if (!sent[stream]) {
        sent[stream] = true;
        words += (weights + wide(shape_.filter_rate) - 1) / wide(shape_.filter_rate);
        counters_.filter_network.y += weights;
      }
      counters_.filter_network.x += weights;
      counters_.filter_network.hits += weights * wide(chains_[c].width);
    }
  }
  counters_.filter_spad_writes = counters_.filter_network.hits;
  const std::uint64_t unit =
      std::max<std::uint64_t>(1, wide(shape_.filter_load_unit) / wide(shape_.filter_rate));
  counters_.load_cycles = (words + unit - 1) / unit * unit;
  idle_clocks_ = counters_.load_cycles + wide(shape_.buffer_latency);
}

void ArrayCore::reset_data() {
  if (operands_ == nullptr) {
    return;
  }
  psum_ring_.assign(pes_.size() * ring_size_, 0);
  psum_fifo_ring_.assign(pes_.size() * ring_size_, 0);
  ifmap_fifo_ring_.assign(pes_.size() * ring_size_, 0);
  ifmap_spad_ring_.assign(pes_.size() * ring_size_, 0);
  out_fifo_ring_.assign(out_fifos_.size() * ring_size_, 0);
}

bool ArrayCore::step() {
  ++clock_;
  if (idle_clocks_ > 0) {
    --idle_clocks_;
    return false;
  }
  // Each FIFO's consumer acts before its producer; before() gives the producer the count at the
  // start of the clock.
  step_psum_out();
  for (Pe& pe : pes_) {
    step_pe(pe);
  }
  step_psum_in();
  step_ifmap();
  counters_.cycles = clock_;
  return psum_out_.done;
}

bool ArrayCore::drained() const {
  const bool pes_empty = std::all_of(pes_.begin(), pes_.end(), [](const Pe& pe) {
    return pe.macs_done && pe.ifmap_fifo == 0 && pe.psum_fifo == 0 &&
           pe.values_moved == pe.values_freed && pe.psums_accumulated == pe.psums_started;
  });
  const bool outputs_empty = std::all_of(out_fifos_.begin(), out_fifos_.end(),
                                         [](const OutFifo& fifo) { return fifo.held == 0; });
  return pes_empty && outputs_empty && ifmap_done_ && psum_in_.done && psum_out_.done;
}

void ArrayCore::step_pe(Pe& pe) {
  const bool can_move =
      pe.ifmap_fifo > 0 && pe.values_moved - pe.values_freed < wide(shape_.ifmap_spad);
  if (!pe.macs_done) {
    issue_mac(pe);
  }
  accumulate(pe);
  if (can_move) {
    if (operands_ != nullptr) {
      const std::size_t base = pe.index * ring_size_;
      ifmap_spad_ring_[base + pe.values_moved % ring_size_] =
          ifmap_fifo_ring_[base + pe.values_moved % ring_size_];
    }
    --pe.ifmap_fifo;
    pe.ifmap_pop_clock = clock_;
    ++pe.values_moved;
    ++counters_.ifmap_spad_writes;
  }
}

void ArrayCore::issue_mac(Pe& pe) {
  const std::uint64_t value = pe.window_start + wide(pe.tap * pe.channels + pe.channel);
  if (pe.filter == 0 && value >= pe.values_moved) {
    return;
  }
  const bool first = pe.tap == 0 && pe.channel == 0;
  const bool last = pe.tap == shape_.S - 1 && pe.channel == pe.channels - 1;
  if (first) {
    if (pe.psums_started - pe.psums_accumulated >= wide(shape_.psum_spad)) {
      return;
    }
    ++pe.psums_started;
  }
  ++counters_.mac_slots;
  counters_.ifmap_spad_reads += pe.filter == 0 ? 1 : 0;
  const std::uint64_t psum =
      wide(pe.image * shape_.F + pe.column) * wide(pe.filters) + wide(pe.filter);
  const std::size_t slot = pe.index * ring_size_ + psum % ring_size_;
  if (operands_ != nullptr) {
    const std::int64_t x = ifmap_spad_ring_[pe.index * ring_size_ + value % ring_size_];
    psum_ring_[slot] = (first ? 0 : psum_ring_[slot]) + x * weight(pe);
  }
  if (last) {
    finish_clock_[slot] = clock_;
    ++pe.psums_finished;
  }
  if (++pe.filter == pe.filters) {
    pe.filter = 0;
    if (pe.tap < shape_.V || pe.column == shape_.F - 1) {
      pe.values_freed = value + 1;
    }
    if (++pe.channel == pe.channels) {
      pe.channel = 0;
      if (++pe.tap == shape_.S) {
        next_window(pe);
      }
    }
  }
}

void ArrayCore::next_window(Pe& pe) {
  pe.tap = 0;
  const bool image_ends = pe.column == shape_.F - 1;
  const std::int32_t step = image_ends ? shape_.S : std::min(shape_.V, shape_.S);
  pe.window_start += wide(step * pe.channels);
  pe.values_freed = std::max(pe.values_freed, pe.window_start);
  if (image_ends) {
    pe.column = 0;
    pe.macs_done = ++pe.image == shape_.n;
  } else {
    ++pe.column;
  }
}

void ArrayCore::accumulate(Pe& pe) {
  if (pe.psums_accumulated == pe.psums_finished || pe.psum_fifo == 0) {
    return;
  }
  const std::size_t slot = pe.index * ring_size_ + pe.psums_accumulated % ring_size_;
  if (clock_ < finish_clock_[slot] + kMacPipelineStages) {
    return;
  }
  Pe* above = pe.above < 0 ? nullptr : &pes_[index_of(pe.above)];
  OutFifo* out = above != nullptr ? nullptr : &out_fifos_[index_of(pe.out_fifo)];
  const std::int32_t held = above != nullptr
                                ? before(above->psum_fifo, above->psum_pop_clock)
                                : out->held + (out->pop_clock == clock_ ? out->popped_now : 0);
  if (held >= shape_.fifo_depth) {
    return;
  }
  if (operands_ != nullptr) {
    const std::int64_t sum = psum_ring_[slot] + psum_fifo_ring_[slot];
    if (above != nullptr) {
      const std::uint64_t pushed = above->psums_accumulated + wide(above->psum_fifo);
      psum_fifo_ring_[above->index * ring_size_ + pushed % ring_size_] = sum;
    } else {
      const std::uint64_t pushed = out->popped + wide(out->held);
      out_fifo_ring_[index_of(pe.out_fifo) * ring_size_ + pushed % ring_size_] = sum;
    }
  }
  ++counters_.psum_accumulations;
  if (above != nullptr) {
    ++above->psum_fifo;
    ++counters_.link_words;
  } else {
    ++out->held;
  }
  --pe.psum_fifo;
  pe.psum_pop_clock = clock_;
  ++pe.psums_accumulated;
}

}  // namespace turnpike::pe
