// The input and output networks of ArrayCore: one transaction a clock each, in a static order.

#include <algorithm>

#include "pe/array_core.hpp"

namespace turnpike::pe {
namespace {

std::uint64_t wide(std::int32_t value) {
  return static_cast<std::uint64_t>(value);
}
std::size_t index_of(std::int32_t value) {
  return static_cast<std::size_t>(value);
}

}  // namespace

std::int32_t ArrayCore::group_size(const PsumCursor& cursor, std::int32_t rate) const {
  const std::int32_t filters = shape_.filters_of(chains_[cursor.chain].filter_set);
  return std::clamp(filters - cursor.group * rate, 0, rate);
}

/// Static order of psum words: image, ofmap column, group of `rate` filters, chain, chain column.
/// Groups outside columns, so that one column's FIFO fills while the others' turns pass.
void ArrayCore::advance(PsumCursor& cursor, std::int32_t rate) const {
  if (++cursor.chain_column < chains_[cursor.chain].width) {
    return;
  }
  cursor.chain_column = 0;
  if (++cursor.chain == chains_.size()) {
    cursor.chain = 0;
    if (++cursor.group * rate >= std::min(shape_.p, shape_.filters)) {
      cursor.group = 0;
      if (++cursor.column == shape_.F) {
        cursor.column = 0;
        cursor.done = ++cursor.image == shape_.n;
      }
    }
  }
  settle(cursor, rate);
}

/// Skips groups a smaller last filter set does not have.
void ArrayCore::settle(PsumCursor& cursor, std::int32_t rate) const {
  while (!cursor.done && cursor.chain_column == 0 && group_size(cursor, rate) == 0) {
    cursor.chain_column = chains_[cursor.chain].width - 1;
    advance(cursor, rate);
  }
}

std::size_t ArrayCore::psum_index(std::int32_t image, std::int32_t filter, std::int32_t row,
                                  std::int32_t column) const {
  return ((index_of(image) * index_of(shape_.filters) + index_of(filter)) * index_of(shape_.e) +
          index_of(row)) *
             index_of(shape_.F) +
         index_of(column);
}

void ArrayCore::step_psum_out() {
  if (psum_out_.done) {
    return;
  }
  const std::int32_t words = group_size(psum_out_, shape_.psum_out_rate);
  const Chain& chain = chains_[psum_out_.chain];
  const std::int32_t top = chain_pes_[psum_out_.chain][index_of(psum_out_.chain_column)];
  const Pe& pe = pes_[index_of(top)];
  OutFifo& fifo = out_fifos_[index_of(pe.out_fifo)];
  if (fifo.held < words) {
    return;
  }
  if (operands_ != nullptr) {
    for (std::int32_t k = 0; k < words; ++k) {
      const std::int32_t filter =
          chain.filter_set * shape_.p + psum_out_.group * shape_.psum_out_rate + k;
      operands_->psum[psum_index(psum_out_.image, filter, pe.ofmap_row, psum_out_.column)] =
          out_fifo_ring_[index_of(pe.out_fifo) * ring_size_ + (fifo.popped + wide(k)) % ring_size_];
    }
  }
  fifo.held -= words;
  fifo.pop_clock = clock_;
  fifo.popped_now = words;
  fifo.popped += wide(words);
  counters_.psum_out_network.y += wide(words);
  counters_.psum_out_network.x += wide(words);
  counters_.psum_out_network.hits += wide(words);
  advance(psum_out_, shape_.psum_out_rate);
}

void ArrayCore::step_psum_in() {
  if (psum_in_.done) {
    return;
  }
  const std::int32_t words = group_size(psum_in_, shape_.psum_in_rate);
  const Chain& chain = chains_[psum_in_.chain];
  const std::int32_t bottom = (shape_.r * shape_.R - 1) * chain.width + psum_in_.chain_column;
  Pe& pe = pes_[index_of(chain_pes_[psum_in_.chain][index_of(bottom)])];
  if (before(pe.psum_fifo, pe.psum_pop_clock) + words > shape_.fifo_depth) {
    return;
  }
  if (operands_ != nullptr) {
    for (std::int32_t k = 0; k < words; ++k) {
      const std::int32_t filter =
          chain.filter_set * shape_.p + psum_in_.group * shape_.psum_in_rate + k;
      const std::uint64_t pushed = pe.psums_accumulated + wide(pe.psum_fifo + k);
      psum_fifo_ring_[pe.index * ring_size_ + pushed % ring_size_] =
          operands_->psum[psum_index(psum_in_.image, filter, pe.ofmap_row, psum_in_.column)];
    }
  }
  pe.psum_fifo += words;
  counters_.psum_in_network.y += wide(words);
  counters_.psum_in_network.x += wide(words);
  counters_.psum_in_network.hits += wide(words);
  advance(psum_in_, shape_.psum_in_rate);
}

/// Static order of ifmap values: image, ifmap column, channel (groups of ifmap_rate), diagonal
/// (channel set, ifmap row).
void ArrayCore::next_diagonal() {
  if (++ifmap_diagonal_ < diagonals_.size()) {
    return;
  }
  ifmap_diagonal_ = 0;
  ifmap_channel_ += shape_.ifmap_rate;
  if (ifmap_channel_ < std::min(shape_.q, shape_.channels)) {
    return;
  }
  ifmap_channel_ = 0;
  if (++ifmap_column_ < shape_.ifmap_columns()) {
    return;
  }
  ifmap_column_ = 0;
  ifmap_done_ = ++ifmap_image_ == shape_.n;
}

/// Skips channels a smaller last channel set does not have.
void ArrayCore::settle_ifmap() {
  while (!ifmap_done_ &&
         ifmap_channel_ >= shape_.channels_of(diagonals_[ifmap_diagonal_].channel_set)) {
    next_diagonal();
  }
}

void ArrayCore::step_ifmap() {
  if (ifmap_done_) {
    return;
  }
  const Diagonal& diagonal = diagonals_[ifmap_diagonal_];
  const std::int32_t values =
      std::min(shape_.ifmap_rate, shape_.channels_of(diagonal.channel_set) - ifmap_channel_);
  for (const std::int32_t target : diagonal.pes) {
    const Pe& pe = pes_[index_of(target)];
    if (before(pe.ifmap_fifo, pe.ifmap_pop_clock) + values > shape_.fifo_depth) {
      return;  // sent only when all targets can take it
    }
  }
  for (const std::int32_t target : diagonal.pes) {
    Pe& pe = pes_[index_of(target)];
    if (operands_ != nullptr) {
      for (std::int32_t k = 0; k < values; ++k) {
        const std::uint64_t pushed = pe.values_moved + wide(pe.ifmap_fifo + k);
        ifmap_fifo_ring_[pe.index * ring_size_ + pushed % ring_size_] =
            ifmap_value(diagonal.channel_set * shape_.q + ifmap_channel_ + k, diagonal.row);
      }
    }
    pe.ifmap_fifo += values;
  }
  counters_.ifmap_network.y += wide(values);
  counters_.ifmap_network.x += wide(values) * diagonal.row_buses;
  counters_.ifmap_network.hits += wide(values) * diagonal.pes.size();
  next_diagonal();
  settle_ifmap();
}

std::int64_t ArrayCore::ifmap_value(std::int32_t channel, std::int32_t row) const {
  const std::size_t plane =
      (index_of(ifmap_image_) * index_of(shape_.channels) + index_of(channel)) *
          index_of(shape_.ifmap_row_span()) +
      index_of(row);
  return operands_->ifmap[plane * index_of(operands_->tile_columns) +
                          index_of(shape_.ifmap_column(ifmap_column_))];
}

std::int64_t ArrayCore::weight(const Pe& pe) const {
  const std::int32_t channel = (pe.chain_row / shape_.R) * shape_.q + pe.channel;
  const std::int32_t filter = pe.filter_set * shape_.p + pe.filter;
  const std::size_t row =
      (index_of(filter) * index_of(shape_.channels) + index_of(channel)) * index_of(shape_.R) +
      index_of(pe.filter_row);
  return operands_->filter[row * index_of(shape_.S) + index_of(pe.tap)];
}

}  // namespace turnpike::pe
