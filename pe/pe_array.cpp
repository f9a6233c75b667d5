#include "pe/pe_array.hpp"

#include "sim/base/error.hpp"

namespace turnpike::pe {

PeArray::PeArray(const sc_core::sc_module_name& name, const sc_core::sc_time& clock_period)
    : sc_core::sc_module{name}, period_{clock_period} {
  SC_METHOD(clock_edge);
  sensitive << start_;
  dont_initialize();
}

void PeArray::start(const PassShape& shape, PassOperands* operands) {
  ensure(!busy_, "a pass starts on an idle array");
  busy_ = true;
  core_.begin(shape, operands);
  const std::uint64_t skipped = core_.skip_load();  // no events for clocks in which nothing happens
  start_.notify(period_ * static_cast<double>(skipped + 1));
}

void PeArray::clock_edge() {
  if (!core_.step()) {
    next_trigger(period_);
    return;
  }
  ensure(core_.drained(), "the array is drained at the end of a pass");
  busy_ = false;
  done_.notify(sc_core::SC_ZERO_TIME);
  next_trigger(start_);
}

}  // namespace turnpike::pe
