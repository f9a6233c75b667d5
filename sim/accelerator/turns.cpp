#include "sim/accelerator/turns.hpp"

#include <algorithm>

namespace turnpike::accelerator {

Turns::Turns(const sc_core::sc_module_name& name) : sc_core::sc_module{name} {
  SC_METHOD(serve);
  sensitive << asked_;
  dont_initialize();
}

void Turns::take(Engine engine) {
  const auto e = static_cast<std::size_t>(engine);
  asks_[e] = true;
  asked_.notify(sc_core::SC_ZERO_TIME);
  sc_core::wait(turn_[e]);
}

void Turns::serve() {
  const auto first = std::find(asks_.begin(), asks_.end(), true);
  if (first == asks_.end()) {
    return;
  }
  const bool quiet = !sc_core::sc_pending_activity_at_current_time();
  next_trigger(sc_core::SC_ZERO_TIME);
  if (quiet) {
    *first = false;
    turn_[static_cast<std::size_t>(first - asks_.begin())].notify();
  }
}

}  // namespace turnpike::accelerator
