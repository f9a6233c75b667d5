// The input and output networks of ArrayCore: one transaction a clock each, in a static order.

#include <algorithm>

#include "pe/row_stationary/array_core.hpp"
#include "sim/base/integers.hpp"

namespace turnpike::pe::row_stationary {
namespace {

void count_single_target(NetworkCounters& network, std::int32_t words) {
  network.y += unsigned_of(words);
  network.x += unsigned_of(words);
  network.hits += unsigned_of(words);
}

}  // namespace

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

/// At the start of a chain: counts the words of its group, skips groups a smaller last filter set
/// does not have.
void ArrayCore::settle(PsumCursor& cursor, std::int32_t rate) const {
  if (cursor.done) {
    return;
  }
  const std::int32_t filters = shape_.filters_of(chains_[cursor.chain].filter_set);
  cursor.words = std::clamp(filters - cursor.group * rate, 0, rate);
  if (cursor.words == 0) {
    cursor.chain_column = chains_[cursor.chain].width - 1;
    advance(cursor, rate);
  }
}

/// Position in PassOperands::psum of the group's first word; the next ones are e * F further each.
std::size_t ArrayCore::psum_index(const PsumCursor& cursor, std::int32_t rate,
                                  std::int32_t ofmap_row) const {
  const std::int32_t filter = chains_[cursor.chain].filter_set * shape_.p + cursor.group * rate;
  const std::size_t plane = index_of(cursor.image) * index_of(shape_.filters) + index_of(filter);
  return (plane * index_of(shape_.e) + index_of(ofmap_row)) * index_of(shape_.F) +
         index_of(cursor.column);
}

void ArrayCore::step_psum_out() {
  if (psum_out_.done) {
    return;
  }
  const std::int32_t words = psum_out_.words;
  Pe& pe = pes_[index_of(chain_pes_[psum_out_.chain][index_of(psum_out_.chain_column)])];
  OutFifo& fifo = out_fifos_[index_of(pe.out_fifo)];
  if (fifo.held < words) {
    return;
  }
  if (operands_ != nullptr) {
    std::size_t at = psum_index(psum_out_, shape_.psum_out_rate, pe.ofmap_row);
    for (std::int32_t k = 0; k < words; ++k, at += index_of(shape_.e * shape_.F)) {
      operands_->psum[at] = out_fifo_ring_[slot(pe.out_fifo, fifo.popped + unsigned_of(k))];
    }
  }
  if (fifo.held == shape_.fifo_depth) {
    room_above(pe);
  }
  fifo.held -= words;
  fifo.pop_clock = clock_;
  fifo.popped_now = words;
  fifo.popped += unsigned_of(words);
  count_single_target(counters_.psum_out_network, words);
  advance(psum_out_, shape_.psum_out_rate);
}

void ArrayCore::step_psum_in() {
  if (psum_in_.done) {
    return;
  }
  const std::int32_t words = psum_in_.words;
  const std::vector<std::int32_t>& chain = chain_pes_[psum_in_.chain];
  const std::size_t bottom = chain.size() - index_of(chains_[psum_in_.chain].width);
  Pe& pe = pes_[index_of(chain[bottom + index_of(psum_in_.chain_column)])];
  if (before(pe.psum_fifo, pe.psum_pop_clock) + words > shape_.fifo_depth) {
    return;
  }
  if (operands_ != nullptr) {
    std::size_t at = psum_index(psum_in_, shape_.psum_in_rate, pe.ofmap_row);
    for (std::int32_t k = 0; k < words; ++k, at += index_of(shape_.e * shape_.F)) {
      psum_fifo_ring_[slot(pe.index, pe.psums_accumulated + unsigned_of(pe.psum_fifo + k))] =
          operands_->psum[at];
    }
  }
  psum_arrives(pe, words);
  count_single_target(counters_.psum_in_network, words);
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

/// Counts the values of the group in turn, skips channels a smaller last channel set does not have.
void ArrayCore::settle_ifmap() {
  ifmap_blocker_ = 0;
  for (; !ifmap_done_; next_diagonal()) {
    const std::int32_t channels = shape_.channels_of(diagonals_[ifmap_diagonal_].channel_set);
    ifmap_values_ = std::min(shape_.ifmap_rate, channels - ifmap_channel_);
    if (ifmap_values_ > 0) {
      return;
    }
  }
}

/// A group is sent only when all its targets can take it.
void ArrayCore::step_ifmap() {
  if (ifmap_done_) {
    return;
  }
  const Diagonal& diagonal = diagonals_[ifmap_diagonal_];
  const std::int32_t most = shape_.fifo_depth - ifmap_values_;
  const std::size_t targets = diagonal.pes.size();
  for (std::size_t k = 0; k < targets; ++k) {
    const std::size_t target = (ifmap_blocker_ + k) % targets;
    const Pe& pe = pes_[index_of(diagonal.pes[target])];
    if (before(pe.ifmap_fifo, pe.ifmap_pop_clock) > most) {
      ifmap_blocker_ = target;
      return;
    }
  }
  if (operands_ != nullptr) {
    for (std::int32_t k = 0; k < ifmap_values_; ++k) {
      const std::int64_t value =
          ifmap_value(diagonal.channel_set * shape_.q + ifmap_channel_ + k, diagonal.row);
      for (const std::int32_t target : diagonal.pes) {
        const Pe& pe = pes_[index_of(target)];
        ifmap_fifo_ring_[slot(target, pe.values_moved + unsigned_of(pe.ifmap_fifo + k))] = value;
      }
    }
  }
  for (const std::int32_t target : diagonal.pes) {
    Pe& pe = pes_[index_of(target)];
    pe.ifmap_fifo += ifmap_values_;
    if (can_move(pe)) {
      visit_at(pe, clock_ + 1);
    }
  }
  counters_.ifmap_network.y += unsigned_of(ifmap_values_);
  counters_.ifmap_network.x += unsigned_of(ifmap_values_) * diagonal.row_buses;
  counters_.ifmap_network.hits += unsigned_of(ifmap_values_) * targets;
  next_diagonal();
  settle_ifmap();
}

std::int64_t ArrayCore::ifmap_value(std::int32_t channel, std::int32_t row) const {
  const std::size_t plane =
      (index_of(ifmap_image_) * index_of(shape_.channels) + index_of(channel)) *
          index_of(shape_.ifmap_row_span()) +
      index_of(row);
  return operands_->ifmap[plane * index_of(shape_.tile_columns()) +
                          index_of(shape_.ifmap_column(ifmap_column_))];
}

}  // namespace turnpike::pe::row_stationary
