#include "pe/row_stationary/array_core.hpp"

#include <algorithm>
#include <bit>

namespace turnpike::pe::row_stationary {
namespace {

std::uint64_t wide(std::int32_t value) {
  return static_cast<std::uint64_t>(value);
}
std::size_t index_of(std::int32_t value) {
  return static_cast<std::size_t>(value);
}

}  // namespace

void ArrayCore::begin(const PassShape& shape, PassOperands* operands, RunIn run_in) {
  shape_ = shape;
  operands_ = nullptr;
  counters_ = inherited_ = PassCounters{};
  clock_ = 0;
  run_in_ = shape.follows != 0 ? run_in.passes : 0;
  run_in_columns_ = std::min(run_in.columns, shape.F);
  images_ = run_in_ + shape.n;
  pass_ = 0;
  pes_done_ = 0;
  chains_ = place_chains(shape);
  place_pes();
  make_diagonals();
  ring_size_ = std::bit_ceil(wide(std::max({shape.psum_spad, shape.ifmap_spad, shape.fifo_depth})));
  finish_clock_.assign(pes_.size() * ring_size_, 0);
  mask_words_ = (pes_.size() + 63) / 64;
  due_.assign(kHorizon * mask_words_, 0);
  ifmap_image_ = ifmap_column_ = ifmap_channel_ = 0;
  ifmap_diagonal_ = 0;
  ifmap_done_ = false;
  settle_ifmap();
  psum_in_ = psum_out_ = PsumCursor{};
  settle(psum_in_, shape_.psum_in_rate);
  settle(psum_out_, shape_.psum_out_rate);
  pass_before();
  operands_ = operands;
  reset_data();
  count_filter_load();
}

/// The passes before: what they leave behind is to be taken off the counts of this one.
void ArrayCore::pass_before() {
  while (pass_ < run_in_) {
    stream_clock();
    if (hands_over()) {
      go_over();
    }
  }
  const std::uint64_t columns = wide(run_in_) * wide(run_in_columns_);
  const std::uint64_t psums = columns * wide(shape_.e) * wide(shape_.filters);
  const auto left = [psums](const NetworkCounters& so_far) {
    return NetworkCounters{psums - so_far.y, psums - so_far.x, psums - so_far.hits};
  };
  inherited_.psum_in_network = left(counters_.psum_in_network);
  inherited_.psum_out_network = left(counters_.psum_out_network);
  for (const Pe& pe : pes_) {
    inherited_.psum_accumulations += columns * wide(pe.filters);
    inherited_.link_words += pe.above >= 0 ? columns * wide(pe.filters) : 0;
  }
  inherited_.psum_accumulations -= counters_.psum_accumulations;
  inherited_.link_words -= counters_.link_words;
  counters_ = PassCounters{};
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
        pe.index = static_cast<std::int32_t>(pes_.size());
        pe.filter_set = chain.filter_set;
        pe.filters = shape_.filters_of(chain.filter_set);
        pe.channels = shape_.channels_of(row / shape_.R);
        pe.chain_row = row;
        pe.spad_room = shape_.ifmap_spad;
        pe.ofmap_row = chain.first_ofmap_row + column;
        if (row == 0) {
          pe.out_fifo = static_cast<std::int32_t>(out_fifos_.size());
          out_fifos_.emplace_back();
        } else {
          pe.above = pe.index - chain.width;
        }
        if (row + 1 < height) {
          pe.below = pe.index + chain.width;
        }
        chain_pes_[c].push_back(pe.index);
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
          if (pe.chain_row / shape_.R == set &&
              pe.ofmap_row * shape_.U + pe.chain_row % shape_.R == row) {
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
void ArrayCore::count_filter_load() {
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
  const PassShape& s = shape_;
  weights_.assign(index_of(s.t * s.r * s.R) * index_of(s.S * s.q * s.p), 0);
  for (std::int32_t f = 0; f < s.filters; ++f) {
    for (std::int32_t c = 0; c < s.channels; ++c) {
      for (std::int32_t i = 0; i < s.R; ++i) {
        const std::size_t from = index_of((f * s.channels + c) * s.R + i) * index_of(s.S);
        const std::size_t stream = index_of((f / s.p * s.r + c / s.q) * s.R + i);
        for (std::int32_t k = 0; k < s.S; ++k) {
          weights_[(stream * index_of(s.S) + index_of(k)) * index_of(s.q * s.p) +
                   index_of(c % s.q * s.p + f % s.p)] = operands_->filter[from + index_of(k)];
        }
      }
    }
  }
}

std::uint64_t ArrayCore::skip_load() {
  const std::uint64_t skipped = idle_clocks_;
  counters_.cycles += skipped;
  idle_clocks_ = 0;
  return skipped;
}

bool ArrayCore::step() {
  ++counters_.cycles;
  if (idle_clocks_ > 0) {
    --idle_clocks_;
    return false;
  }
  stream_clock();
  return shape_.leads != 0 ? hands_over() : psum_out_.done;
}

void ArrayCore::stream_clock() {
  ++clock_;
  // The psums of a pass may be those of the one before, so they come in when those are out.
  const bool psums_come = pass_of(psum_in_.image) <= std::min(pass_, pass_of(psum_out_.image));
  // Each FIFO's consumer acts before its producer; before() gives the producer the count at the
  // start of the clock.
  step_psum_out();
  visit_pes();
  if (psums_come) {
    step_psum_in();
  }
  if (pass_of(ifmap_image_) <= pass_) {
    step_ifmap();
  }
}

/// Every MAC of the pass is issued: no PE needs its filters any more.
bool ArrayCore::hands_over() const {
  return pes_done_ == pes_.size() && macs_end_ <= clock_ + 1;
}

void ArrayCore::go_over() {
  ++pass_;
  pes_done_ = 0;
  for (Pe& pe : pes_) {
    visit_at(pe, clock_ + 1);
  }
}

void ArrayCore::finish() {
  while (!psum_out_.done) {
    stream_clock();
  }
  const auto take_off = [](NetworkCounters& counters, const NetworkCounters& inherited) {
    counters.y -= inherited.y;
    counters.x -= inherited.x;
    counters.hits -= inherited.hits;
  };
  take_off(counters_.psum_in_network, inherited_.psum_in_network);
  take_off(counters_.psum_out_network, inherited_.psum_out_network);
  counters_.psum_accumulations -= inherited_.psum_accumulations;
  counters_.link_words -= inherited_.link_words;
  inherited_ = PassCounters{};
}

bool ArrayCore::drained() const {
  const bool pes_empty = std::all_of(pes_.begin(), pes_.end(), [this](const Pe& pe) {
    return pe.macs_done && pe.ifmap_fifo == 0 && pe.psum_fifo == 0 &&
           pe.spad_room + pe.to_free == shape_.ifmap_spad &&
           pe.psums_accumulated == pe.psums_started;
  });
  const bool outputs_empty = std::all_of(out_fifos_.begin(), out_fifos_.end(),
                                         [](const OutFifo& fifo) { return fifo.held == 0; });
  return pes_empty && outputs_empty && ifmap_done_ && psum_in_.done && psum_out_.done;
}

}  // namespace turnpike::pe::row_stationary
