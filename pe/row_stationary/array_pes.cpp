// The PEs of ArrayCore: MACs, psum accumulation, ifmap moves, and when to look at a PE again.

#include <algorithm>
#include <bit>

#include "pe/row_stationary/array_core.hpp"
#include "sim/base/integers.hpp"

namespace turnpike::pe::row_stationary {
namespace {

/// Clocks from the issue of a MAC to its psum: two multiplier stages and the adder (ISSCC 2016
/// fig. 14.5.5, "3 stages, 2-stage multiplier").
constexpr std::uint64_t kMacPipelineStages = 3;

}  // namespace

/// Visits the PEs due in this clock, by index: of a chain the upper ones first, so that a psum FIFO
/// is popped before it is pushed. A visit never makes a PE due in the same clock.
void ArrayCore::visit_pes() {
  std::uint64_t* const due = due_.data() + clock_ % kHorizon * mask_words_;
  for (std::size_t word = 0; word < mask_words_; ++word) {
    std::uint64_t left = due[word];
    due[word] = 0;
    for (; left != 0; left &= left - 1) {
      Pe& pe = pes_[word * 64 + static_cast<std::size_t>(std::countr_zero(left))];
      if (pe.visit == clock_) {
        pe.visit = 0;
        visit(pe);
      }
    }
  }
}

/// Makes sure of a visit at `clock` or before; an earlier visit plans the next one itself.
void ArrayCore::visit_at(Pe& pe, std::uint64_t clock) {
  clock = std::min(clock, clock_ + kHorizon - 1);
  if (pe.visit >= clock_ && pe.visit <= clock) {
    return;
  }
  pe.visit = clock;
  const auto index = index_of(pe.index);
  due_[clock % kHorizon * mask_words_ + index / 64] |= std::uint64_t{1} << (index % 64);
}

/// All three units decide on the state at the start of the clock.
void ArrayCore::visit(Pe& pe) {
  const bool run_over = pe.mac_clock <= clock_;
  if (run_over) {
    pe.spad_room += pe.to_free;
    pe.to_free = 0;
  }
  const bool moves = can_move(pe);
  if (run_over) {
    issue_macs(pe);
  }
  accumulate(pe);
  if (moves) {
    move_value(pe);
  }
  plan_visit(pe);
}

/// The earliest clock in which the PE may act if nothing arrives and no room appears above;
/// psum_arrives(), room_above() and step_ifmap() see to the rest.
void ArrayCore::plan_visit(Pe& pe) {
  const std::uint64_t next = clock_ + 1;
  std::uint64_t clock = kNever;
  if (pe.mac_clock > clock_) {
    clock = pe.mac_clock;
  } else if (issuable_macs(pe) > 0) {
    clock = next;
  }
  if (can_move(pe)) {
    clock = next;
  }
  if (pe.psum_fifo > 0) {
    const std::int32_t held =
        pe.above >= 0 ? pes_[index_of(pe.above)].psum_fifo : out_fifos_[index_of(pe.out_fifo)].held;
    if (held < shape_.fifo_depth) {
      clock = std::min(clock, std::max(next, pe.ready_clock));
    }
  }
  if (clock != kNever) {
    visit_at(pe, clock);
  }
}

/// To be called when the oldest psum is another one.
void ArrayCore::set_ready_clock(Pe& pe) {
  pe.ready_clock = pe.psums_accumulated == pe.psums_finished
                       ? kNever
                       : finish_clock_[slot(pe.index, pe.psums_accumulated)] + kMacPipelineStages;
}

/// MACs that can be issued in successive clocks from now whatever happens: those of one ifmap value
/// with the filters left, as far as there are psum spad entries if they open psums.
std::int32_t ArrayCore::issuable_macs(const Pe& pe) const {
  if (pe.macs_done || (pe.filter == 0 && pe.next_value >= pe.values_moved)) {
    return 0;
  }
  const std::int32_t left = pe.filters - pe.filter;
  if (pe.tap > 0 || pe.channel > 0) {
    return left;
  }
  return std::min(
      left, shape_.psum_spad - static_cast<std::int32_t>(pe.psums_started - pe.psums_accumulated));
}

void ArrayCore::issue_macs(Pe& pe) {
  const std::int32_t macs = issuable_macs(pe);
  if (macs == 0) {
    return;
  }
  if (operands_ != nullptr) {
    multiply(pe, macs);
  }
  if (pe.tap == 0 && pe.channel == 0) {
    pe.psums_started += unsigned_of(macs);
  }
  if (pe.tap == shape_.S - 1 && pe.channel == pe.channels - 1) {
    for (std::int32_t k = 0; k < macs; ++k) {
      finish_clock_[slot(pe.index, pe.psums_finished + unsigned_of(k))] = clock_ + unsigned_of(k);
    }
    pe.psums_finished += unsigned_of(macs);
    set_ready_clock(pe);
  }
  counters_.mac_slots += unsigned_of(macs);
  counters_.ifmap_spad_reads += pe.filter == 0 ? 1 : 0;
  pe.mac_clock = clock_ + unsigned_of(macs);
  pe.filter += macs;
  if (pe.filter == pe.filters) {
    end_run(pe);
  }
}

/// The arithmetic of a run; nobody sees its psums before the run is over.
void ArrayCore::multiply(const Pe& pe, std::int32_t macs) {
  const bool first = pe.tap == 0 && pe.channel == 0;
  const std::int64_t x = ifmap_spad_ring_[slot(pe.index, pe.next_value)];
  const std::size_t stream = index_of(pe.filter_set * shape_.r * shape_.R + pe.chain_row);
  const std::int32_t* const weights =
      weights_.data() +
      (stream * index_of(shape_.S) + index_of(pe.tap)) * index_of(shape_.q * shape_.p) +
      index_of(pe.channel * shape_.p + pe.filter);
  for (std::int32_t k = 0; k < macs; ++k) {
    std::int64_t& psum = psum_ring_[slot(pe.index, pe.column_psum + unsigned_of(pe.filter + k))];
    psum = (first ? 0 : psum) + x * weights[k];
  }
}

/// The value's last filter is issued: frees the value, unless later columns need it, and goes on to
/// the next channel, tap, window.
void ArrayCore::end_run(Pe& pe) {
  pe.filter = 0;
  const bool image_ends = pe.column == shape_.F - 1;
  if (pe.tap < shape_.V || image_ends) {
    pe.to_free = 1;
  }
  ++pe.next_value;
  if (++pe.channel < pe.channels) {
    return;
  }
  pe.channel = 0;
  if (++pe.tap < shape_.S) {
    return;
  }
  pe.tap = 0;
  if (!image_ends && shape_.V < shape_.S) {
    pe.next_value -= unsigned_of((shape_.S - shape_.V) * pe.channels);
  }
  pe.column_psum += unsigned_of(pe.filters);
  if (image_ends) {
    pe.column = 0;
    pe.macs_done = ++pe.image == shape_.n;
  } else {
    ++pe.column;
  }
}

void ArrayCore::accumulate(Pe& pe) {
  if (pe.psum_fifo == 0 || clock_ < pe.ready_clock) {
    return;
  }
  Pe* const above = pe.above < 0 ? nullptr : &pes_[index_of(pe.above)];
  OutFifo* const out = above != nullptr ? nullptr : &out_fifos_[index_of(pe.out_fifo)];
  const std::int32_t held = above != nullptr
                                ? before(above->psum_fifo, above->psum_pop_clock)
                                : out->held + (out->pop_clock == clock_ ? out->popped_now : 0);
  if (held >= shape_.fifo_depth) {
    return;
  }
  if (operands_ != nullptr) {
    const std::size_t own = slot(pe.index, pe.psums_accumulated);
    const std::int64_t sum = psum_ring_[own] + psum_fifo_ring_[own];
    if (above != nullptr) {
      psum_fifo_ring_[slot(pe.above, above->psums_accumulated + unsigned_of(above->psum_fifo))] =
          sum;
    } else {
      out_fifo_ring_[slot(pe.out_fifo, out->popped + unsigned_of(out->held))] = sum;
    }
  }
  ++counters_.psum_accumulations;
  if (above != nullptr) {
    psum_arrives(*above, 1);
    ++counters_.link_words;
  } else {
    ++out->held;
  }
  if (pe.psum_fifo-- == shape_.fifo_depth && pe.below >= 0) {
    room_above(pes_[index_of(pe.below)]);
  }
  pe.psum_pop_clock = clock_;
  ++pe.psums_accumulated;
  set_ready_clock(pe);
}

void ArrayCore::move_value(Pe& pe) {
  if (operands_ != nullptr) {
    const std::size_t at = slot(pe.index, pe.values_moved);
    ifmap_spad_ring_[at] = ifmap_fifo_ring_[at];
  }
  --pe.ifmap_fifo;
  pe.ifmap_pop_clock = clock_;
  ++pe.values_moved;
  --pe.spad_room;
  ++counters_.ifmap_spad_writes;
}

/// Pushes psums into a PE's FIFO; an empty one may have kept it waiting.
void ArrayCore::psum_arrives(Pe& pe, std::int32_t words) {
  if (pe.psum_fifo == 0 && pe.ready_clock != kNever) {
    visit_at(pe, std::max(clock_ + 1, pe.ready_clock));
  }
  pe.psum_fifo += words;
}

/// The FIFO a PE hands its psums to is no longer full.
void ArrayCore::room_above(Pe& pe) {
  if (pe.psum_fifo > 0 && pe.ready_clock != kNever) {
    visit_at(pe, std::max(clock_ + 1, pe.ready_clock));
  }
}

}  // namespace turnpike::pe::row_stationary
