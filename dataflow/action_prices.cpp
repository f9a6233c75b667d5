#include "dataflow/action_prices.hpp"

namespace turnpike::dataflow {

Picojoules RelativePrices::price(const ActionKey& key) const {
  const Component of = key.component;
  const double words = key.bits / 16.0;
  if (of == Component::mac) {
    return Picojoules{key.action == Action::compute ? 1.0 : 0.0};
  }
  if (of == Component::ifmap_spad || of == Component::filter_spad || of == Component::psum_spad) {
    return Picojoules{1.0};
  }
  if (of == Component::noc) {
    return Picojoules{2.0 * words};
  }
  if (of == Component::glb || of == Component::glb_filter) {
    return Picojoules{6.0 * words};
  }
  const bool burst = key.action == Action::read || key.action == Action::write;
  return Picojoules{of == Component::dram && burst ? 200.0 * 64.0 / 16.0 : 0.0};
}

}  // namespace turnpike::dataflow
