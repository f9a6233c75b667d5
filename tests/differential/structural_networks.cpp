#include "tests/differential/structural_networks.hpp"

#include <algorithm>

namespace turnpike::differential {

void Multicast::add(int target, std::int32_t array_row) {
  targets.push_back(target);
  if (std::find(array_rows.begin(), array_rows.end(), array_row) == array_rows.end()) {
    array_rows.push_back(array_row);
  }
}

void count(pe::row_stationary::NetworkCounters& counters, std::size_t values,
           const Multicast& cast) {
  counters.y += values;
  counters.x += values * cast.array_rows.size();
  counters.hits += values * cast.targets.size();
}

FilterNetwork::FilterNetwork(const sc_core::sc_module_name& name, std::vector<FilterTurn> turns,
                             const sc_core::sc_event& clock)
    : sc_core::sc_module{name}, turns_{std::move(turns)} {
  SC_METHOD(clock_edge);
  sensitive << clock;
  dont_initialize();
}

void FilterNetwork::connect(StructuralPe& pe, const PeTag& tag) {
  casts_[{tag.filter_set, tag.chain_row}].add(static_cast<int>(pes_.size()), tag.array_row);
  pes_.push_back(&pe);
}

void FilterNetwork::clock_edge() {
  if (done()) {
    return;
  }
  const FilterTurn& turn = turns_[next_++];
  const Multicast& cast = casts_.at({turn.filter_set, turn.chain_row});
  for (const int target : cast.targets) {
    pes_[static_cast<std::size_t>(target)]->load_filter(turn.weights);
  }
  count(counters_, turn.weights.size(), cast);
}

IfmapNetwork::IfmapNetwork(const sc_core::sc_module_name& name, std::vector<IfmapTurn> turns,
                           const sc_core::sc_event& clock)
    : sc_core::sc_module{name}, fifos{"fifos"}, turns_{std::move(turns)} {
  SC_METHOD(clock_edge);
  sensitive << clock;
  dont_initialize();
}

void IfmapNetwork::connect(const PeTag& tag, std::int32_t ifmap_row) {
  casts_[{tag.channel_set, ifmap_row}].add(connected_++, tag.array_row);
}

void IfmapNetwork::clock_edge() {
  if (done() || next_ >= allowed_) {
    return;
  }
  const IfmapTurn& turn = turns_[next_];
  const Multicast& cast = casts_.at({turn.channel_set, turn.ifmap_row});
  const auto has_room = [&](int target) {
    return static_cast<std::size_t>(fifos[target]->num_free()) >= turn.values.size();
  };
  if (!std::all_of(cast.targets.begin(), cast.targets.end(), has_room)) {
    return;
  }
  for (const int target : cast.targets) {
    for (const std::int32_t value : turn.values) {
      fifos[target]->nb_write(value);
    }
  }
  if (next_ >= counted_from_) {
    count(counters_, turn.values.size(), cast);
  }
  ++next_;
}

PsumInNetwork::PsumInNetwork(const sc_core::sc_module_name& name, std::vector<PsumTurn> turns,
                             const std::vector<std::int64_t>& buffer,
                             const sc_core::sc_event& clock)
    : sc_core::sc_module{name}, fifos{"fifos"}, turns_{std::move(turns)}, buffer_{buffer} {
  SC_METHOD(clock_edge);
  sensitive << clock;
  dont_initialize();
}

void PsumInNetwork::connect(const PeTag& tag) {
  casts_[{tag.chain, tag.chain_column}].add(connected_++, tag.array_row);
}

void PsumInNetwork::clock_edge() {
  if (done() || next_ >= allowed_) {
    return;
  }
  const PsumTurn& turn = turns_[next_];
  const Multicast& cast = casts_.at({turn.chain, turn.chain_column});
  auto* fifo = fifos[cast.targets.front()];
  if (static_cast<std::size_t>(fifo->num_free()) < turn.words.size()) {
    return;
  }
  for (const std::size_t word : turn.words) {
    fifo->nb_write(buffer_.at(word));
  }
  if (next_ >= counted_from_) {
    count(counters_, turn.words.size(), cast);
  }
  ++next_;
}

PsumOutNetwork::PsumOutNetwork(const sc_core::sc_module_name& name, std::vector<PsumTurn> turns,
                               std::vector<std::int64_t>& buffer, const sc_core::sc_event& clock)
    : sc_core::sc_module{name}, fifos{"fifos"}, turns_{std::move(turns)}, buffer_{buffer} {
  SC_METHOD(clock_edge);
  sensitive << clock;
  dont_initialize();
}

void PsumOutNetwork::connect(const PeTag& tag) {
  casts_[{tag.chain, tag.chain_column}].add(connected_++, tag.array_row);
}

void PsumOutNetwork::clock_edge() {
  if (done()) {
    return;
  }
  const PsumTurn& turn = turns_[next_];
  const Multicast& cast = casts_.at({turn.chain, turn.chain_column});
  auto* fifo = fifos[cast.targets.front()];
  if (static_cast<std::size_t>(fifo->num_available()) < turn.words.size()) {
    return;
  }
  for (const std::size_t word : turn.words) {
    fifo->nb_read(buffer_.at(word));
  }
  if (next_ >= counted_from_) {
    count(counters_, turn.words.size(), cast);
  }
  ++next_;
}

}  // namespace turnpike::differential
