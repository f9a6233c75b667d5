#include "pe/row_stationary/array_core.hpp"

#include <algorithm>
#include <bit>

#include "sim/base/integers.hpp"

namespace turnpike::pe::row_stationary {
void ArrayCore::begin(const PassShape& shape, PassOperands* operands) {
  shape_ = shape;
  operands_ = operands;
  counters_ = PassCounters{};
  clock_ = 0;
  chains_ = place_chains(shape);
  place_pes();
  make_diagonals();
  ring_size_ =
      std::bit_ceil(unsigned_of(std::max({shape.psum_spad, shape.ifmap_spad, shape.fifo_depth})));
  finish_clock_.assign(pes_.size() * ring_size_, 0);
  mask_words_ = (pes_.size() + 63) / 64;
  due_.assign(kHorizon * mask_words_, 0);
  reset_data();
  count_filter_load();
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
      const std::uint64_t weights = unsigned_of(shape_.filters_of(chains_[c].filter_set)) *
                                    unsigned_of(shape_.channels_of(row / shape_.R)) *
                                    unsigned_of(shape_.S);
      const std::size_t stream = index_of(chains_[c].filter_set * shape_.r * shape_.R + row);
      if (!sent[stream]) {
        sent[stream] = true;
        words += (weights + unsigned_of(shape_.filter_rate) - 1) / unsigned_of(shape_.filter_rate);
        counters_.filter_network.y += weights;
      }
      counters_.filter_network.x += weights;
      counters_.filter_network.hits += weights * unsigned_of(chains_[c].width);
    }
  }
  counters_.filter_spad_writes = counters_.filter_network.hits;
  const std::uint64_t unit = std::max<std::uint64_t>(
      1, unsigned_of(shape_.filter_load_unit) / unsigned_of(shape_.filter_rate));
  counters_.load_cycles = (words + unit - 1) / unit * unit;
  idle_clocks_ = counters_.load_cycles + unsigned_of(shape_.buffer_latency);
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
  clock_ += skipped;
  idle_clocks_ = 0;
  return skipped;
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
  visit_pes();
  step_psum_in();
  step_ifmap();
  counters_.cycles = clock_;
  return psum_out_.done;
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
