#include "tests/differential/structural_pe.hpp"

namespace turnpike::differential {
namespace {

std::size_t to_size(std::int32_t value) {
  return static_cast<std::size_t>(value);
}

}  // namespace

StructuralPe::StructuralPe(const sc_core::sc_module_name& name, const PeExtents& extents,
                           const sc_core::sc_event& clock)
    : sc_core::sc_module{name},
      ifmap{"ifmap"},
      psum_below{"psum_below"},
      psum_above{"psum_above"},
      x_{extents},
      psum_spad_(to_size(extents.psum_spad)),
      entry_of_filter_(to_size(extents.filters)) {
  run_in_psums_ = to_size(extents.run_in_images) * to_size(extents.run_in_F * extents.filters);
  filter_spad_.assign(to_size(extents.S * extents.channels * extents.filters), 0);
  SC_METHOD(clock_edge);
  sensitive << clock;
  dont_initialize();
}

void StructuralPe::load_filter(const std::vector<std::int32_t>& weights) {
  filter_spad_.insert(filter_spad_.end(), weights.begin(), weights.end());
  counts_.filter_writes += weights.size();
}

void StructuralPe::begin_load() {
  filter_spad_.clear();
  counts_ = Counts{};
}

bool StructuralPe::empty() const {
  return image_ == x_.run_in_images + x_.images && ifmap_spad_.empty() && oldest_entries_.empty() &&
         !first_stage_.has_value() && !second_stage_.has_value();
}

/// Decides on the state before the edge first, then changes it.
void StructuralPe::clock_edge() {
  const bool accumulates = can_accumulate();
  const bool issues = can_issue();
  const bool moves = ifmap.num_available() > 0 && ifmap_spad_.size() < to_size(x_.ifmap_spad);
  retire();
  if (issues) {
    issue();
  }
  if (accumulates) {
    accumulate();
  }
  if (moves) {
    std::int32_t value = 0;
    ifmap.nb_read(value);
    ifmap_spad_.push_back(value);
    ++counts_.ifmap_writes;
  }
}

std::optional<std::size_t> StructuralPe::free_entry() const {
  for (std::size_t entry = 0; entry < psum_spad_.size(); ++entry) {
    if (!psum_spad_[entry].taken) {
      return entry;
    }
  }
  return std::nullopt;
}

bool StructuralPe::can_issue() const {
  if (image_ >= allowed_) {
    return false;
  }
  const std::size_t place = to_size(tap_ * x_.channels + channel_) - dropped_;
  if (filter_ == 0 && place >= ifmap_spad_.size()) {
    return false;
  }
  const bool opens_psum = tap_ == 0 && channel_ == 0;
  return !opens_psum || free_entry().has_value();
}

bool StructuralPe::can_accumulate() const {
  return !oldest_entries_.empty() && psum_spad_[oldest_entries_.front()].finished &&
         psum_below.num_available() > 0 && psum_above.num_free() > 0;
}

/// The adder takes what the second multiplier stage holds; the first stage moves on.
void StructuralPe::retire() {
  if (second_stage_.has_value()) {
    PsumEntry& entry = psum_spad_[second_stage_->entry];
    entry.value += second_stage_->value;
    entry.finished = second_stage_->last;
  }
  second_stage_ = first_stage_;
  first_stage_.reset();
}

void StructuralPe::issue() {
  if (filter_ == 0) {
    held_value_ = ifmap_spad_[to_size(tap_ * x_.channels + channel_) - dropped_];
    ++counts_.ifmap_reads;
  }
  if (tap_ == 0 && channel_ == 0) {
    const std::size_t entry = free_entry().value();
    psum_spad_[entry] = {.taken = true, .finished = false, .value = 0};
    entry_of_filter_[to_size(filter_)] = entry;
    oldest_entries_.push_back(entry);
  }
  const std::int32_t weight =
      filter_spad_.at(to_size((tap_ * x_.channels + channel_) * x_.filters + filter_));
  first_stage_ = Product{.entry = entry_of_filter_[to_size(filter_)],
                         .value = std::int64_t{held_value_} * weight,
                         .last = tap_ == x_.S - 1 && channel_ == x_.channels - 1};
  ++counts_.macs;
  next_position();
}

void StructuralPe::next_position() {
  if (++filter_ < x_.filters) {
    return;
  }
  filter_ = 0;
  const bool last_column = column_ == (image_ < x_.run_in_images ? x_.run_in_F : x_.F) - 1;
  if (tap_ < x_.V || last_column) {
    ifmap_spad_.pop_front();
    ++dropped_;
  }
  if (++channel_ < x_.channels) {
    return;
  }
  channel_ = 0;
  if (++tap_ < x_.S) {
    return;
  }
  tap_ = 0;
  dropped_ = 0;
  column_ = last_column ? 0 : column_ + 1;
  image_ += last_column ? 1 : 0;
}

void StructuralPe::accumulate() {
  std::int64_t below = 0;
  psum_below.nb_read(below);
  PsumEntry& entry = psum_spad_[oldest_entries_.front()];
  psum_above.nb_write(entry.value + below);
  entry.taken = false;
  oldest_entries_.pop_front();
  if (run_in_psums_ > 0) {
    --run_in_psums_;
  } else {
    ++counts_.accumulations;
  }
}

}  // namespace turnpike::differential
