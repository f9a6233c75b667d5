// What a pass of the row-stationary array is booked on (docs/action_vocabulary.md).

#include <array>

#include "pe/row_stationary/model.hpp"

namespace turnpike::pe::row_stationary {
namespace {

using C = Component;
using A = Action;

/// Of a network: values on the vertical bus, on row buses, taken by PEs (of those into the array),
/// and through the FIFOs at its PEs.
constexpr std::array kPassEvents{
    ArrayEvent{C::ifmap_spad, A::write},         ArrayEvent{C::ifmap_spad, A::read},
    ArrayEvent{C::filter_spad, A::write},        ArrayEvent{C::psum_spad, A::read},
    ArrayEvent{C::pe_link, A::compute},          ArrayEvent{C::pe_link, A::write},
    ArrayEvent{C::pe_control, A::compute},       ArrayEvent{C::noc, A::write, "filter_y"},
    ArrayEvent{C::noc, A::write, "filter_x"},    ArrayEvent{C::noc, A::write, "filter_hit"},
    ArrayEvent{C::pe_fifo, A::write, "filter"},  ArrayEvent{C::noc, A::write, "ifmap_y"},
    ArrayEvent{C::noc, A::write, "ifmap_x"},     ArrayEvent{C::noc, A::write, "ifmap_hit"},
    ArrayEvent{C::pe_fifo, A::write, "ifmap"},   ArrayEvent{C::noc, A::write, "psum_in_y"},
    ArrayEvent{C::noc, A::write, "psum_in_x"},   ArrayEvent{C::noc, A::write, "psum_in_hit"},
    ArrayEvent{C::pe_fifo, A::write, "psum_in"}, ArrayEvent{C::noc, A::write, "psum_out_y"},
    ArrayEvent{C::noc, A::write, "psum_out_x"},  ArrayEvent{C::pe_fifo, A::write, "psum_out"}};
static_assert(kPassEvents.size() <= PassResult::kMostEvents);

/// A weight is read and a psum updated where the MAC is not gated.
constexpr std::array kMacEvents{ArrayEvent{C::filter_spad, A::read},
                                ArrayEvent{C::psum_spad, A::write}};

}  // namespace

PassResult result_of(const PassCounters& c) {
  PassResult result{.cycles = c.cycles,
                    .active_pes = c.active_pes,
                    .mac_slots = c.mac_slots,
                    .filter_words = c.filter_network.y,
                    .ifmap_words = c.ifmap_network.y,
                    .psum_in_words = c.psum_in_network.y,
                    .psum_out_words = c.psum_out_network.y};
  std::size_t next = 0;
  const auto book = [&](std::uint64_t count) { result.events[next++] = count; };
  book(c.ifmap_spad_writes);
  book(c.ifmap_spad_reads);
  book(c.filter_spad_writes);
  book(c.psum_accumulations);  // read out of a PE
  book(c.psum_accumulations);  // and added to the psum from below
  book(c.link_words);
  book(c.active_pes * c.cycles);
  for (const NetworkCounters* input : {&c.filter_network, &c.ifmap_network, &c.psum_in_network}) {
    book(input->y);
    book(input->x);
    book(input->hits);
    book(input->hits);
  }
  book(c.psum_out_network.y);
  book(c.psum_out_network.x);
  book(c.psum_out_network.hits);
  return result;
}

std::span<const ArrayEvent> RowStationary::pass_events() const {
  return kPassEvents;
}

std::span<const ArrayEvent> RowStationary::mac_events() const {
  return kMacEvents;
}

}  // namespace turnpike::pe::row_stationary
