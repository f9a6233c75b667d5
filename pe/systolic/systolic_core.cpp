#include "pe/systolic/systolic_core.hpp"

#include <algorithm>

#include "sim/base/integers.hpp"

namespace turnpike::pe::systolic {
void SystolicCore::begin(const TileShape& shape, PassOperands* operands) {
  shape_ = shape;
  operands_ = operands;
  counters_ = TileCounters{};
  clock_ = 0;
  reset(ifmap_, shape.rows, shape.ifmap_rate);
  reset(filter_, shape.columns, shape.filter_rate);
  front_ = 0;
  rows_shifted_ = 0;
  out_held_.assign(index_of(shape.columns), 0);
  words_out_ = 0;
}

void SystolicCore::reset(Edge& edge, std::int32_t lanes, std::int32_t rate) const {
  edge = {lanes, rate, std::vector<std::int32_t>(index_of(lanes), 0), 0, 0};
}

std::uint64_t SystolicCore::skip_load() {
  const std::uint64_t skipped = unsigned_of(shape_.buffer_latency) - clock_;
  clock_ += skipped;
  counters_.cycles = clock_;
  return skipped;
}

std::int64_t SystolicCore::steps() const {
  return std::int64_t{shape_.depth} + shape_.rows + shape_.columns - 2;
}

/// Lanes [first_lane, end_lane) of an edge need a value in a step: those whose first one is not
/// later and whose last one not earlier.
std::int32_t SystolicCore::first_lane(std::int64_t step) const {
  return static_cast<std::int32_t>(std::max<std::int64_t>(0, step - shape_.depth + 1));
}
std::int32_t SystolicCore::end_lane(const Edge& edge, std::int64_t step) const {
  return static_cast<std::int32_t>(std::min<std::int64_t>(edge.lanes, step + 1));
}

bool SystolicCore::step() {
  ++clock_;
  counters_.cycles = clock_;
  if (clock_ <= unsigned_of(shape_.buffer_latency)) {
    return false;
  }
  std::int64_t popped = -1;  // the step whose words left the edge FIFOs in this clock
  if (front_ == steps()) {
    shift_out();
  } else if (ready(ifmap_) && ready(filter_)) {
    popped = front_;
    take_step();
  }
  counters_.ifmap_words += deliver(ifmap_, popped);
  counters_.filter_words += deliver(filter_, popped);
  return drained();
}

bool SystolicCore::ready(const Edge& edge) const {
  for (std::int32_t lane = first_lane(front_); lane < end_lane(edge, front_); ++lane) {
    if (edge.held[index_of(lane)] == 0) {
      return false;
    }
  }
  return true;
}

void SystolicCore::pop(Edge& edge) const {
  for (std::int32_t lane = first_lane(front_); lane < end_lane(edge, front_); ++lane) {
    --edge.held[index_of(lane)];
  }
}

/// The bus brings words in the order the steps need them, and waits where a FIFO has no room; a
/// word that left in this clock still takes its place.
std::uint64_t SystolicCore::deliver(Edge& edge, std::int64_t popped_step) const {
  std::uint64_t words = 0;
  const std::int64_t last = std::int64_t{shape_.depth} + edge.lanes - 2;
  while (edge.step <= last && words < unsigned_of(edge.rate)) {
    const std::int32_t first = first_lane(edge.step);
    if (edge.lane < first) {
      edge.lane = first;
    }
    if (edge.lane >= end_lane(edge, edge.step)) {
      ++edge.step;
      edge.lane = 0;
      continue;
    }
    const bool left_now = popped_step >= 0 && edge.lane >= first_lane(popped_step) &&
                          edge.lane < end_lane(edge, popped_step);
    if (edge.held[index_of(edge.lane)] + (left_now ? 1 : 0) >= shape_.fifo_depth) {
      break;
    }
    ++edge.held[index_of(edge.lane)];
    ++edge.lane;
    ++words;
  }
  return words;
}

/// Row i holds values k = front - i - j: PEs [from, to) of it multiply.
void SystolicCore::take_step() {
  for (std::int32_t row = 0; row < shape_.rows; ++row) {
    const std::int64_t newest = front_ - row;
    const auto from = static_cast<std::int32_t>(
        std::clamp<std::int64_t>(newest - shape_.depth + 1, 0, shape_.columns));
    const auto to =
        static_cast<std::int32_t>(std::clamp<std::int64_t>(newest + 1, 0, shape_.columns));
    if (from >= to) {
      continue;
    }
    counters_.mac_slots += unsigned_of(to - from);
    counters_.ifmap_hops += unsigned_of(to - std::max(from, 1));
    counters_.filter_hops += row > 0 ? unsigned_of(to - from) : 0;
    if (operands_ != nullptr) {
      multiply(row, from, to);
    }
  }
  pop(ifmap_);
  pop(filter_);
  ++front_;
}

void SystolicCore::multiply(std::int32_t row, std::int32_t from, std::int32_t to) {
  for (std::int32_t column = from; column < to; ++column) {
    const std::int64_t k = front_ - row - column;
    operands_->psum[index_of(std::int64_t{row} * shape_.columns + column)] +=
        std::int64_t{operands_->ifmap[index_of(std::int64_t{row} * shape_.depth + k)]} *
        operands_->filter[index_of(std::int64_t{column} * shape_.depth + k)];
  }
}

/// The bus takes what the output FIFOs held, then a row is shifted into them if all have room: a
/// word that left in this clock still takes its place.
void SystolicCore::shift_out() {
  const bool room = std::all_of(out_held_.begin(), out_held_.end(),
                                [this](std::int32_t held) { return held < shape_.fifo_depth; });
  step_psum_bus();
  if (room && rows_shifted_ < shape_.rows) {
    for (std::int32_t& held : out_held_) {
      ++held;
    }
    ++rows_shifted_;
    counters_.psum_hops += unsigned_of(std::int64_t{shape_.rows - rows_shifted_} * shape_.columns);
  }
}

/// Rows from the bottom, columns from the left.
void SystolicCore::step_psum_bus() {
  for (std::int32_t words = 0; words < shape_.psum_out_rate; ++words) {
    std::int32_t& held = out_held_[index_of(words_out_ % shape_.columns)];
    if (held == 0) {
      return;
    }
    --held;
    ++words_out_;
    ++counters_.psum_words;
  }
}

bool SystolicCore::drained() const {
  return front_ == steps() && words_out_ == std::int64_t{shape_.rows} * shape_.columns;
}

}  // namespace turnpike::pe::systolic
